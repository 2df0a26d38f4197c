import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Code, createClient } from "@connectrpc/connect";
import { expect, onTestFinished, test } from "vitest";
import { connectHost } from "../../src/client/connect.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../src/gen/grpc/health/v1/health_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { until } from "../lab/index.js";
import { startTestServer } from "./test-api.js";

async function startWithClient() {
  const started = await startTestServer();
  const host = await connectHost({ kind: "unix", path: started.unixPath });
  onTestFinished(() => host.close());
  return { ...started, ...host };
}

test("running calls end, new calls are refused, and streams end after the grace period with the reason", async () => {
  const { server, transport, unixPath, seen } = await startWithClient();
  const service = createClient(HostService, transport);
  const watch = createClient(BuildService, transport).watchBuild({ id: "hang", fromSequence: 1n });
  const events = watch[Symbol.asyncIterator]();
  await events.next();
  const slow = service.negotiate({ client: { name: "slow", version: "300" } });
  await until("both calls to run", () => server.activity.held === 2);

  const start = Date.now();
  const closed = server.close({ graceMs: 5000 });
  await until("the socket to be removed", () => !existsSync(unixPath));
  expect(await service.negotiate({ client: { name: "new" } }).catch(readTypedError)).toMatchObject({
    code: Code.Unavailable,
    reason: "HOST_STOPPING",
  });
  expect((await createClient(Health, transport).check({}).catch(readTypedError)) as object).toMatchObject({
    reason: "HOST_STOPPING",
  });
  expect(await slow).toMatchObject({ host: { name: "slow" } });

  expect(await events.next().catch(readTypedError)).toMatchObject({
    code: Code.Unavailable,
    reason: "HOST_STOPPING",
  });
  expect(seen.aborts.map(readTypedError)).toMatchObject([{ reason: "HOST_STOPPING" }]);
  await closed;
  // Timers round to milliseconds.
  expect(Date.now() - start).toBeGreaterThan(4000);
  expect(await readdir(dirname(unixPath))).toEqual([]);
  expect(await service.negotiate({}).catch(readTypedError)).toMatchObject({ reason: "HOST_NOT_RUNNING" });
});

test("stops at once without open calls, and only once", async () => {
  const { server, transport } = await startWithClient();
  await createClient(HostService, transport).negotiate({});
  const start = Date.now();
  await Promise.all([server.close({ graceMs: 60_000 }), server.close({ graceMs: 60_000 })]);
  await server.close();
  expect(Date.now() - start).toBeLessThan(30_000);
});

test("a second call with a shorter grace period shortens it", async () => {
  const { server, transport } = await startWithClient();
  const watch = createClient(BuildService, transport).watchBuild({ id: "hang", fromSequence: 1n });
  await watch[Symbol.asyncIterator]().next();
  const start = Date.now();
  const long = server.close({ graceMs: 60_000 });
  await server.close({ graceMs: 0 });
  await long;
  expect(Date.now() - start).toBeLessThan(30_000);
});

test("a client that does not read does not delay shutdown", async () => {
  const { server, transport } = await startWithClient();
  const watch = createClient(BuildService, transport).watchBuild({ id: "bulk" });
  await watch[Symbol.asyncIterator]().next();
  const start = Date.now();
  await server.close({ graceMs: 100 });
  expect(Date.now() - start).toBeLessThan(30_000);
});

test("health watchers are notified first", async () => {
  const { server, transport } = await startWithClient();
  const statuses: Status[] = [];
  const watch = createClient(Health, transport).watch({});
  await expect(async () => {
    for await (const { status } of watch) {
      statuses.push(status);
      void server.close({ graceMs: 0 });
    }
  }).rejects.toThrow(/stopping/);
  expect(statuses).toEqual([Status.SERVING, Status.NOT_SERVING]);
});
