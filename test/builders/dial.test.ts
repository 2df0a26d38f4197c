import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { userEnvironment } from "../cli/slipway.js";
import { cli, startHost, type TestHost } from "../host/host.js";
import { lab, must, run, tempDir } from "../lab/index.js";
import { createRemote, failure, nowhere } from "./harness.js";

let host: TestHost;
beforeEach(async () => {
  host = await startHost();
  await createRemote(host, "far");
});

/** A unix socket that runs `slipway dial-stdio` for each connection, as BuildKit's own clients do. */
async function dialStdioSocket(args: string[] = []): Promise<{ address: string; codes: Promise<unknown>[] }> {
  const path = join(await tempDir(), "d.sock");
  const codes: Promise<unknown>[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    const child = spawn(process.execPath, [cli, "dial-stdio", "--builder", "far", ...args], {
      env: userEnvironment(host, "engine29"),
      stdio: ["pipe", "pipe", "inherit"],
    });
    codes.push(once(child, "exit"));
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
    for (const stream of [socket, child.stdin, child.stdout]) stream.on("error", () => {});
  });
  server.listen(path);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { address: `unix://${path}`, codes };
}

it("lets BuildKit's own client list workers and build, and loses nothing", async () => {
  const { address, codes } = await dialStdioSocket(["--platform", "linux/amd64"]);
  const { buildctl } = lab().buildkitd;
  const workers = await must(buildctl, ["--addr", address, "debug", "workers"]);
  expect(workers.stdout).toMatch(/linux\/amd64/);

  const context = await tempDir();
  await writeFile(
    join(context, "Dockerfile"),
    `FROM ${lab().registry.baseImage} AS base\nFROM scratch\nCOPY big /\n`,
  );
  // Larger than all buffers on the way, in both directions, with data right up to the end.
  const big = Buffer.alloc(48 << 20);
  for (let at = 0; at < big.length; at += 4) big.writeUInt32LE((at * 2654435761) >>> 0, at);
  await writeFile(join(context, "big"), big);
  const out = join(await tempDir(), "out");
  await mkdir(out);
  const locals = ["--local", `context=${context}`, "--local", `dockerfile=${context}`];
  const output = ["--output", `type=local,dest=${out}`];
  await must(buildctl, ["--addr", address, "build", "--frontend", "dockerfile.v0", ...locals, ...output]);
  await must("cmp", [join(context, "big"), join(out, "big")]);
  expect(await Promise.all(codes)).toEqual(codes.map(() => [0, null]));
  const { builder } = await host.builders.getBuilder({ name: "far" });
  expect(builder?.lastUseTime).toBeDefined();
});

it("ends when stdin ends, and reports why it cannot connect", async () => {
  const dial = (args: string[], input = "") =>
    run(process.execPath, [cli, "dial-stdio", ...args], { env: userEnvironment(host, "engine29"), input });
  // BuildKit's server sends its HTTP/2 settings, then closes the connection of a client that has ended.
  const empty = await dial(["--builder", "far"], "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
  expect([empty.code, empty.stderr]).toEqual([0, ""]);
  expect(empty.stdout.length).toBeGreaterThan(0);
  await createRemote(host, "gone", { endpoint: nowhere, options: { cacert: "/nope.pem" } });
  const refused = await dial(["--builder", "gone", "--progress", "plain"]);
  expect([refused.code, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toMatch(/ERROR: .*\/nope\.pem/);
  expect((await dial(["--builder", "far", "--platform", "x/y/z/a"])).stderr).toMatch(/is not a platform/);
  expect((await dial(["--builder", "nope"])).stderr).toContain('No builder "nope" found.');
  expect((await dial(["--progress", "sideways"])).stderr).toContain("invalid progress mode");
});

it("requires a target, and ends when the client leaves", async () => {
  const first = (requests: object[]) => {
    const stop = new AbortController();
    async function* send() {
      yield* requests as never[];
      await once(stop.signal, "abort");
    }
    const responses = host.builders.dialBuilder(send(), { signal: stop.signal });
    return { responses, stop };
  };
  const { responses } = first([{ message: { case: "data", value: new Uint8Array(3) } }]);
  expect(await failure(responses[Symbol.asyncIterator]().next())).toMatchObject({ reason: "TARGET_MISSING" });

  const dial = first([{ message: { case: "target", value: { builder: "far" } } }]);
  const seen: string[] = [];
  await failure(
    (async () => {
      for await (const { event } of dial.responses) {
        if (event.case !== "connected") continue;
        seen.push(event.value.node);
        dial.stop.abort();
      }
    })(),
  );
  expect(seen).toEqual(["far0"]);
});
