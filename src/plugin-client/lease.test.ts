import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { readTypedError, typedError } from "../errors/typed-error.js";
import { DriverDescriptorSchema } from "../gen/slipway/driver/v1/descriptor_pb.js";
import {
  type AcquireResponseSchema,
  DriverService,
  LeasePurpose,
} from "../gen/slipway/driver/v1/driver_pb.js";
import { NodeConfigSchema } from "../gen/slipway/driver/v1/node_pb.js";
import { Channel } from "../util/channel.js";
import { whenAborted } from "../util/when-aborted.js";
import { Lease } from "./lease.js";

type Event = NonNullable<MessageInitShape<typeof AcquireResponseSchema>["event"]>;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A driver whose lease has the events of a channel. */
function driverOf(events: Channel<Event>) {
  const released = vi.fn();
  const tunnels: string[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(DriverService, {
      async *acquire(_request, { signal }) {
        signal.addEventListener("abort", () => {
          released();
          events.close();
        });
        for await (const event of events) yield { event };
      },
      async *tunnel(requests) {
        for await (const { part } of requests) {
          if (part.case === "start") tunnels.push(part.value.leaseId);
          else yield { data: part.value };
        }
      },
    });
  });
  const descriptor = create(DriverDescriptorSchema, { name: "test" });
  return { descriptor, driver: createClient(DriverService, transport), released, tunnels };
}

const tunnel = (expires?: number): Event => ({
  case: "endpoint",
  value: {
    address: { case: "tunnel", value: {} },
    reusable: true,
    expireTime: expires === undefined ? undefined : timestampFromDate(new Date(expires)),
  },
});

/** Moves the clock on that no one sets. */
function goOn(ms: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + ms);
}

function acquire(plugin: ReturnType<typeof driverOf>, onProgress?: (step: { id: string }) => void) {
  const plan = { purpose: LeasePurpose.BUILD, buildId: "b" };
  return Lease.acquire(plugin, create(NodeConfigSchema), plan, { onProgress });
}

async function hold() {
  const events = new Channel<Event>();
  const plugin = driverOf(events);
  void events.send(tunnel());
  const lease = await acquire(plugin);
  onTestFinished(() => lease.release());
  return { events, plugin, lease };
}

it("is usable from the first endpoint on, and reports the steps before", async () => {
  const events = new Channel<Event>();
  const plugin = driverOf(events);
  const steps: string[] = [];
  for (const id of ["pod", "image"]) void events.send({ case: "progress", value: { id } });
  void events.send(tunnel());
  const lease = await acquire(plugin, ({ id }) => void steps.push(id));
  expect(steps).toEqual(["pod", "image"]);
  const stream = await lease.open();
  stream.end("bytes");
  expect(String(Buffer.concat(await stream.toArray()))).toBe("bytes");
  expect(plugin.tunnels).toEqual([lease.id]);
  lease.release();
});

it("cancels the call and ends its connections when it is released", async () => {
  const { plugin, lease } = await hold();
  const stream = await lease.open();
  const closed = new Promise((resolve) => stream.on("close", resolve));
  lease.release();
  lease.release();
  await closed;
  expect(plugin.released).toHaveBeenCalledOnce();
  expect(lease.lost.aborted).toBe(false);
  await expect(lease.open()).rejects.toThrow("The lease was released.");
});

it("releases what the driver made for an acquisition that is given up", async () => {
  const events = new Channel<Event>();
  void events.send({ case: "progress", value: { id: "pod" } });
  const plugin = driverOf(events);
  const abort = new AbortController();
  const plan = { purpose: LeasePurpose.INSPECT };
  const acquired = Lease.acquire(plugin, create(NodeConfigSchema), plan, {
    signal: abort.signal,
    onProgress: () => abort.abort(new Error("given up")),
  });
  await expect(acquired).rejects.toThrow("given up");
  await expect.poll(() => plugin.released.mock.calls.length).toBeGreaterThan(0);
});

it("uses the latest endpoint for new connections, and keeps the open ones", async () => {
  const { events, lease } = await hold();
  const folder = await mkdtemp(join(tmpdir(), "lease-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "s");
  const server = createServer((socket) => void socket.end("renewed")).listen(path);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const before = await lease.open();
  await events.send({ case: "endpoint", value: { address: { case: "unix", value: { path } } } });
  await expect.poll(async () => String(await (await lease.open()).toArray())).toBe("renewed");
  before.end("still open");
  expect(String(Buffer.concat(await before.toArray()))).toBe("still open");
});

it("waits for the renewal of an expired endpoint, and fails when none comes", async () => {
  const events = new Channel<Event>();
  const plugin = driverOf(events);
  void events.send(tunnel(Date.now() - 1));
  const lease = await acquire(plugin);
  onTestFinished(() => lease.release());
  const opening = lease.open();
  void events.send(tunnel(Date.now() + 60_000));
  (await opening).destroy();

  goOn(61_000);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const expired = lease.open().catch(readTypedError);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await expired).toMatchObject({ code: Code.Unavailable, reason: "ENDPOINT_EXPIRED" });
});

it.each([1, -1])("an endpoint expires in time when the clock is set by %i day", async (days) => {
  const events = new Channel<Event>();
  void events.send(tunnel(Date.now() + 60_000));
  const lease = await acquire(driverOf(events));
  onTestFinished(() => lease.release());
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * 86_400_000 });
  expect(lease.isReusable).toBe(true);
  (await lease.open()).destroy();
  goOn(61_000);
  expect(lease.isReusable).toBe(false);
});

it("is being drained with the driver's reason, and stays usable", async () => {
  const { events, lease } = await hold();
  expect(lease.draining.aborted).toBe(false);
  const endTime = timestampFromDate(new Date("2030-01-02T03:04:05Z"));
  void events.send({
    case: "draining",
    value: { reason: "POD_EVICTED", message: "The pod is evicted.", endTime },
  });
  await whenAborted(lease.draining);
  expect(readTypedError(lease.draining.reason)).toMatchObject({
    reason: "POD_EVICTED",
    message: "The pod is evicted. The lease ends at 2030-01-02T03:04:05.000Z.",
    metadata: { end_time: "2030-01-02T03:04:05.000Z" },
  });
  (await lease.open()).destroy();
  expect(lease.lost.aborted).toBe(false);
});

it.each([
  [
    "its typed error",
    typedError({ code: Code.Unavailable, reason: "NODE_NOT_RUNNING", message: "It left." }),
    "NODE_NOT_RUNNING",
  ],
  ["LEASE_LOST for an untyped error", new ConnectError("gone", Code.Unavailable), "LEASE_LOST"],
  ["DRIVER_FAULT for an end without an error", undefined, "DRIVER_FAULT"],
])("is lost with %s", async (_, error, reason) => {
  const { events, lease } = await hold();
  const stream = await lease.open();
  const read = stream.toArray().catch(readTypedError);
  if (error) events.fail(error);
  else events.close();
  await whenAborted(lease.lost);
  expect(readTypedError(lease.lost.reason)).toMatchObject({ reason });
  expect(await read).toMatchObject({ reason });
  await expect(lease.open().catch(readTypedError)).resolves.toMatchObject({ reason });
});

it("cannot be acquired when the driver ends the call before an endpoint", async () => {
  const events = new Channel<Event>();
  events.close();
  await expect(acquire(driverOf(events)).catch(readTypedError)).resolves.toMatchObject({
    reason: "DRIVER_FAULT",
    message: "The driver test ended the lease before its first endpoint.",
  });
});
