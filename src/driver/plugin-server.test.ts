import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, onTestFinished, test } from "vitest";
import { DriverService } from "../gen/slipway/driver/v1/driver_pb.js";
import { PluginServer } from "./plugin-server.js";

/** Forwards connections from one socket to another. After `stall`, bytes go nowhere, and neither side learns of it. */
async function proxy(from: string, to: string): Promise<{ stall(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(to);
    near.pipe(far).on("error", () => {});
    far.pipe(near).on("error", () => {});
    sockets.push(near, far);
  }).listen(from);
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    stall() {
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
}

test("the calls of a host that no longer answers end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [near, far] = [join(folder, "near"), join(folder, "far")];
  let onReleased = () => {};
  const released = new Promise<void>((resolve) => {
    onReleased = resolve;
  });
  const plugin = new PluginServer({
    listen: { path: far },
    silence: { afterMs: 50, answerMs: 5_000 },
    routes: (router) =>
      router.service(DriverService, {
        async *acquire(_request, { signal }) {
          yield { event: { case: "endpoint", value: { address: { case: "tunnel", value: {} } } } };
          await once(signal, "abort");
          onReleased();
        },
      }),
  });
  await plugin.listen();
  onTestFinished(() => plugin.close(0, 0));
  const { stall } = await proxy(near, far);
  const transport = createGrpcTransport({
    baseUrl: "http://localhost",
    nodeOptions: { createConnection: () => connect(near) },
  });
  const events = createClient(DriverService, transport).acquire({})[Symbol.asyncIterator]();
  expect((await events.next()).value?.event.case).toBe("endpoint");
  events.next().catch(() => {});
  stall();
  await released;
});
