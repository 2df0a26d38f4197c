import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LeasePurpose } from "../../src/gen/slipway/driver/v1/driver_pb.js";
import { NodeConfigSchema } from "../../src/gen/slipway/driver/v1/node_pb.js";
import type { PluginUse } from "../../src/host/plugins/plugin-use.js";
import { Lease } from "../../src/plugin-client/lease.js";
import { whenAborted } from "../../src/util/when-aborted.js";
import { installBuildkitd } from "../fixtures/plugins/install.js";
import { until } from "../lab/index.js";
import { failure, Harness } from "./harness.js";

let harness: Harness;
beforeEach(() => {
  harness = new Harness();
});
afterEach(() => harness.close());

/** A server that sends "hello ", echoes everything, and half-closes when its client does. */
async function echoServer(path: string) {
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections += 1;
    socket.write("hello ");
    socket.pipe(socket);
    socket.on("error", () => {});
  }).listen(path);
  await once(server, "listening");
  return { connections: () => connections, close: () => server.close() };
}

/** A plugin in use, whose driver leads to the server at a path. */
async function start() {
  await installBuildkitd(harness.plugins);
  const manager = await harness.open();
  const used = await manager.use("buildkitd");
  const pid = harness.pid(manager);
  return { manager, used, pid, file: join(harness.folder, "b.sock") };
}

const configOf = (file: string, options: Record<string, string> = {}) =>
  create(NodeConfigSchema, { node: "n0", endpoint: `unix://${file}`, options });

const acquire = (used: PluginUse, file: string) =>
  Lease.acquire(used, configOf(file), { purpose: LeasePurpose.BUILD });

/** Acquires a lease as it is on the wire; returns the path of its socket. */
async function acquireRaw(used: PluginUse, file: string) {
  const abort = new AbortController();
  const context = { leaseId: randomUUID(), purpose: LeasePurpose.BUILD };
  const request = { driver: "buildkitd", config: configOf(file), context };
  const responses = used.driver.acquire(request, { signal: abort.signal })[Symbol.asyncIterator]();
  const { event } = (await responses.next()).value!;
  if (event.case !== "endpoint" || event.value.address.case !== "unix") throw new Error("no unix endpoint");
  return { path: event.value.address.value.path, context, release: () => abort.abort() };
}

async function talk(path: string, text: string): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true });
  // The server may close with unread data, which is an error here.
  socket.on("error", () => {});
  socket.end(text);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  await new Promise((resolve) => socket.once("close", resolve));
  return answer;
}

test("each lease has a private socket, and each connection to it is a separate stream", async () => {
  const { used, file } = await start();
  const server = await echoServer(file);
  const first = await acquireRaw(used, file);
  const second = await acquireRaw(used, file);
  expect(first.path.startsWith(harness.runtimeDir)).toBe(true);
  expect(statSync(first.path).mode & 0o777).toBe(0o600);
  expect(second.path).not.toBe(first.path);
  expect(server.connections()).toBe(2);
  const megabyte = "m".repeat(1 << 20);
  const answers = await Promise.all([
    talk(first.path, "one"),
    talk(first.path, megabyte),
    talk(first.path, ""),
  ]);
  expect(answers).toEqual(["hello one", `hello ${megabyte}`, "hello "]);
  expect(server.connections()).toBe(4);

  const open = connect(first.path);
  const closed = once(open, "close");
  await once(open, "data");
  first.release();
  await closed;
  await until("the socket of the lease to be gone", async () => !existsSync(first.path));
  expect(await talk(second.path, "two")).toBe("hello two");
  second.release();
  server.close();
  used.release();
});

test("Acquire fails with the driver's reason when BuildKit is unreachable, also later", async () => {
  const { used, file } = await start();
  const missing = await failure(acquire(used, file));
  expect(missing).toMatchObject({ code: Code.Unavailable, reason: "BUILDKITD_UNREACHABLE" });
  expect(missing.message).toContain("ENOENT");
  const server = await echoServer(file);
  const { path, release } = await acquireRaw(used, file);
  expect(await talk(path, "a")).toBe("hello a");
  server.close();
  expect(await talk(path, "b")).toBe("");
  expect((await failure(acquire(used, file))).reason).toBe("BUILDKITD_UNREACHABLE");
  release();
  used.release();
});

test("Acquire refuses ids that are no UUIDs or in use", async () => {
  const { used, file } = await start();
  const server = await echoServer(file);
  const { context, release } = await acquireRaw(used, file);
  const again = (leaseId: string) =>
    failure(
      used.driver
        .acquire({ driver: "buildkitd", config: configOf(file), context: { leaseId } })
        [Symbol.asyncIterator]()
        .next(),
    );
  expect(await again(context.leaseId)).toMatchObject({ code: Code.AlreadyExists, reason: "LEASE_EXISTS" });
  for (const id of ["", "a-lease", "00000000-0000-0000-0000-000000000000"])
    expect(await again(id)).toMatchObject({
      code: Code.InvalidArgument,
      reason: "LEASE_ID_INVALID",
      fields: [{ field: "context.lease_id" }],
    });
  release();
  server.close();
  used.release();
});

test("Tunnel carries the bytes of a lease in messages, and knows no lease that has ended", async () => {
  const { used, file } = await start();
  const server = await echoServer(file);
  const { context, release } = await acquireRaw(used, file);
  const sent = 8 << 20;
  async function* requests() {
    const start = { driver: "buildkitd", leaseId: context.leaseId };
    yield { part: { case: "start" as const, value: start } };
    for (let i = 0; i < sent; i += 1 << 18)
      yield { part: { case: "data" as const, value: new Uint8Array(1 << 18).fill(i >> 18) } };
  }
  let received = 0;
  let largest = 0;
  for await (const { data } of used.driver.tunnel(requests())) {
    received += data.length;
    largest = Math.max(largest, data.length);
  }
  expect(received).toBe(sent + "hello ".length);
  expect(largest).toBeLessThanOrEqual(256 << 10);

  const read = async () => {
    for await (const _ of used.driver.tunnel(requests()));
  };
  release();
  await until("the lease to be unknown", async () => (await failure(read())).reason === "LEASE_UNKNOWN");
  async function* nothing() {}
  const unnamed = async () => {
    for await (const _ of used.driver.tunnel(nothing()));
  };
  expect(await failure(unnamed())).toMatchObject({ code: Code.InvalidArgument, reason: "START_MISSING" });
  server.close();
  used.release();
});

test.each([
  ["is killed", "DRIVER_CRASHED", (pid: number) => void process.kill(pid, "SIGKILL")],
  ["is told to end", "PLUGIN_STOPPING", (pid: number) => void process.kill(pid, "SIGTERM")],
])("a lease is lost when the plugin %s, and its connections end", async (_, reason, end) => {
  const { used, pid, file } = await start();
  const server = await echoServer(file);
  const lease = await acquire(used, file);
  const stream = await lease.open();
  const closed = new Promise((resolve) => stream.once("close", resolve));
  end(pid);
  await whenAborted(lease.lost);
  expect(await failure(Promise.reject(lease.lost.reason))).toMatchObject({ code: Code.Unavailable, reason });
  await closed;
  expect((await failure(lease.open())).reason).toBe(reason);
  lease.release();
  server.close();
  used.release();
});
