import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { create } from "@bufbuild/protobuf";
import { NodeConfigSchema } from "slipway/driver";
import { expect, it, onTestFinished } from "vitest";
import { bootstrap } from "./bootstrap.js";

it("waits no longer than its limit for a daemon that accepts and is silent", async () => {
  const server = createServer((socket) => void socket.resume().on("error", () => {}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const config = create(NodeConfigSchema, { endpoint: `tcp://127.0.0.1:${port}` });
  const call = { signal: new AbortController().signal, progress: () => {}, credentials: {} };
  const start = performance.now();
  // The first attempt takes 4 s, and the second is cut off.
  const failed = bootstrap(config, call as unknown as Parameters<typeof bootstrap>[1], 5_000);
  await expect(failed).rejects.toThrow("does not answer");
  expect(performance.now() - start).toBeLessThan(8_000);
});
