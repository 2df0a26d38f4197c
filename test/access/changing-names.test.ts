import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { boot } from "../docker-container-driver/harness.js";
import { mustBuild, type SpecInit } from "../host/build.js";
import { freePort, startBuildkitd, tempDir } from "../lab/index.js";
import { reasonOf, startTeam, type Team } from "./harness.js";

/** Resolves only by the file that the host sees as /etc/hosts. */
const name = "builder.invalid";

let team: Team;
/** Changes what the name resolves to, for the host and its plugins; nothing by default. */
let resolveTo: (...addresses: string[]) => Promise<void>;

beforeEach(async () => {
  const hosts = join(await tempDir(), "hosts");
  // In place, since the file is mounted.
  resolveTo = (...addresses) => writeFile(hosts, addresses.map((address) => `${address} ${name}\n`).join(""));
  await resolveTo();
  team = await startTeam({ hosts });
});

const specOf = (builder: string): Exclude<SpecInit, { $typeName: string }> => ({
  builder,
  context: { source: { case: "empty", value: {} } },
  dockerfile: { source: { case: "content", value: Buffer.from("FROM scratch\nLABEL a=b\n") } },
});

/** Counts the connections to the loopback interface. */
async function listenOnLoopback(): Promise<{ port: number; connections: () => number }> {
  const port = await freePort();
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port, connections: () => count };
}

describe("a builder that a client on TCP created by a name", () => {
  it("builds with the BuildKit at the addresses of the name, whose certificate has the name", async () => {
    const { host, clients } = team;
    const { address, tls, stop } = await startBuildkitd({ listen: "tls", elsewhere: name });
    onTestFinished(stop);
    const { hostname, port } = new URL(address);
    await resolveTo(hostname);
    const options = {
      "cacert.pem": await readFile(tls!.ca, "utf8"),
      "cert.pem": await readFile(tls!.cert, "utf8"),
      "key.pem": await readFile(tls!.key, "utf8"),
    };
    const node = { endpoint: `https://${name}:${port}`, options };
    await clients.admin.builders.createBuilder({ name: "named", driver: "remote", node });
    await boot(host, "named");
    await mustBuild(clients.admin, specOf("named"));
  });

  it("leads nowhere when the name resolves to the host's own machine later", async () => {
    const { host, clients } = team;
    const { port, connections } = await listenOnLoopback();
    await resolveTo("198.51.100.1");
    const node = { endpoint: `tcp://${name}:${port}` };
    await clients.admin.builders.createBuilder({ name: "named", driver: "remote", node });

    await resolveTo("198.51.100.1", "127.0.0.1");
    // Its name stays the client's, also after somebody else has changed an option.
    const options = { "default-load": "false" };
    await host.builders.updateNode({
      builder: "named",
      node: { options },
      updateMask: { paths: ["options"] },
    });
    for (const { builders, builds } of [clients.admin, host]) {
      const { builder } = await builders.getBuilder({ name: "named", inspect: true });
      expect(builder?.nodes[0]?.error).toMatchObject({ reason: "LOCAL_ONLY" });
      expect(await reasonOf(builds.startBuild({ spec: specOf("named") }))).toBe("LOCAL_ONLY");
      expect(await reasonOf(boot({ ...host, builders }, "named"))).toBe("LOCAL_ONLY");
    }
    expect(connections()).toBe(0);
    expect(
      await reasonOf(clients.admin.builders.removeBuilder({ name: "named", force: true })),
    ).toBeUndefined();
  });

  it("is unreachable while the name does not resolve, and can be removed", async () => {
    const { host, clients } = team;
    await resolveTo("198.51.100.1");
    const node = { endpoint: `tcp://${name}:1234` };
    await clients.admin.builders.createBuilder({ name: "named", driver: "remote", node });
    await resolveTo();
    const { builder } = await host.builders.getBuilder({ name: "named", inspect: true });
    expect(builder?.nodes[0]?.status).toMatchObject({ reason: "BUILDKIT_HOST_UNKNOWN" });
    expect(await reasonOf(clients.admin.builders.removeBuilder({ name: "named" }))).toBeUndefined();
  });
});
