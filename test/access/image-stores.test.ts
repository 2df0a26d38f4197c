import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { createRemote } from "../builders/harness.js";
import type { SpecInit } from "../host/build.js";
import { tempDir } from "../lab/index.js";
import { reasonOf, startTeam, type Team } from "./harness.js";

type Spec = Exclude<SpecInit, { $typeName: string }>;

let team: Team;

beforeEach(async () => {
  team = await startTeam();
});

const spec = (builder: string, more: Spec = {}): Spec => ({
  builder,
  context: { source: { case: "empty", value: {} } },
  dockerfile: { source: { case: "content", value: Buffer.from("FROM scratch\nLABEL made.by=team\n") } },
  ...more,
});

const loadInto = (driver: string, endpoint: string): Spec["outputs"] => [
  { type: "docker", destination: { case: "imageStore", value: { driver, endpoint } } },
];

/** A socket of the host's machine that counts its connections. */
async function countingSocket(): Promise<{ path: string; connections: () => number }> {
  const path = join(await tempDir(), "private.sock");
  let count = 0;
  const server: Server = createServer((socket) => {
    count++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return { path, connections: () => count };
}

describe("a build of a client on TCP", () => {
  it("reaches no image store of the host's own", async () => {
    const { host, clients } = team;
    await createRemote(host, "shared");
    const { path, connections } = await countingSocket();
    // Sockets, the user's ssh keys, the loopback interface, the user's own engine.
    for (const endpoint of [`unix://${path}`, "ssh://root@192.0.2.1", "tcp://127.0.0.1:2375", ""]) {
      for (const driver of ["docker", ""]) {
        const load = spec("shared", { outputs: loadInto(driver, endpoint) });
        expect(await reasonOf(clients.ann.builds.startBuild({ spec: load }))).toBe("LOCAL_ONLY");
        const value = { store: { driver, endpoint }, name: "alpine" };
        const stored = spec("shared", {
          namedContexts: { base: { source: { case: "storedImage", value } } },
        });
        expect(await reasonOf(clients.ann.builds.startBuild({ spec: stored }))).toBe("LOCAL_ONLY");
      }
    }
    expect(connections()).toBe(0);
    expect((await host.builds.listBuilds({})).builds).toEqual([]);
  });

  it("is refused when it would load into the host user's own engine by default", async () => {
    const { host, clients } = team;
    await createRemote(host, "plain");
    const load = clients.ann.builds.startBuild({ spec: spec("plain", { outputs: [{ type: "docker" }] }) });
    const error = readTypedError(await load.catch((cause) => cause));
    expect(error).toMatchObject({ reason: "LOCAL_ONLY", fields: [{ field: "spec.outputs[0]" }] });
    await createRemote(host, "loading", { options: { "default-load": "true" } });
    expect(await reasonOf(clients.ann.builds.startBuild({ spec: spec("loading") }))).toBe("LOCAL_ONLY");
    expect((await host.builds.listBuilds({})).builds).toEqual([]);
  });

  it("may send its output to the client instead", async () => {
    const { host, clients } = team;
    await createRemote(host, "shared");
    const outputs: Spec["outputs"] = [{ type: "docker", destination: { case: "stream", value: {} } }];
    const { build } = await clients.ann.builds.startBuild({ spec: spec("shared", { outputs }) });
    const { id } = build!;
    let size = 0;
    for await (const { event } of clients.ann.builds.watchBuild({ id })) {
      if (event?.event.case !== "outputReady") continue;
      for await (const { data } of clients.ann.builds.readOutput({ id })) size += data.length;
    }
    expect(size).toBeGreaterThan(0);
  });
});
