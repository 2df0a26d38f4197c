import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Duplex } from "node:stream";
import { create } from "@bufbuild/protobuf";
import { expect, it, onTestFinished } from "vitest";
import { TcpEndpointSchema } from "../gen/slipway/driver/v1/driver_pb.js";
import { openDirect } from "./open-endpoint.js";

/** Does not listen for errors, unlike `once` of node:events. */
const closed = (stream: Duplex) => new Promise((resolve) => stream.on("close", resolve));

it("hands out a socket whose reset, before anyone reads it, is reported to its reader only", async () => {
  const server = createServer((socket) => setTimeout(() => socket.resetAndDestroy(), 50));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const value = create(TcpEndpointSchema, { host: "127.0.0.1", port });
  const stream = await openDirect({ case: "tcp", value }, {});
  await closed(stream);
  await expect(stream.toArray()).rejects.toThrow("ECONNRESET");
});
