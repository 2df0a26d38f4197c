import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type ServiceImpl,
} from "@connectrpc/connect";
import { expect, onTestFinished, test, vi } from "vitest";
import { DriverService } from "../gen/slipway/driver/v1/driver_pb.js";
import { openTunnel } from "./tunnel.js";

/** A tunnel to a plugin whose Tunnel is this one. */
function open(tunnel: ServiceImpl<typeof DriverService>["tunnel"]) {
  const transport = createRouterTransport(({ service }) => service(DriverService, { tunnel }));
  const driver = createClient(DriverService, transport);
  return openTunnel(driver, { driver: "a-driver", leaseId: "a-lease" });
}

test.each([
  ["at once", 0],
  ["later", 20],
])(
  "a tunnel that is destroyed %s, before anybody read it, ends its call and leaves no error unhandled",
  async (_, ms) => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    onTestFinished(() => void process.off("unhandledRejection", unhandled));
    const ended = vi.fn();
    const stream = await open(async function* (_requests, { signal }) {
      if (!signal.aborted) await once(signal, "abort");
      ended();
      yield* [];
    });
    await sleep(ms);
    stream.destroy();
    await expect.poll(() => ended.mock.calls.length).toBe(1);
    await sleep(20);
    expect(unhandled).not.toHaveBeenCalled();
  },
);

test("a call that has failed before anybody reads fails the reading", async () => {
  const stream = await open(() => {
    throw new ConnectError("fallen in", Code.Unavailable);
  });
  await sleep(20);
  await expect(stream.toArray()).rejects.toThrow("fallen in");
});

test("bytes go both ways, and an end passes", async () => {
  const stream = await open(async function* (requests) {
    for await (const { part } of requests) if (part.case === "data") yield { data: part.value };
    yield { data: Buffer.from("end") };
  });
  stream.write("a");
  stream.end("b");
  expect(String(Buffer.concat(await stream.toArray()))).toBe("abend");
});
