import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Duplex } from "node:stream";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { DriverDescriptorSchema } from "../gen/slipway/driver/v1/descriptor_pb.js";
import { type DialResponse, DriverService } from "../gen/slipway/driver/v1/driver_pb.js";
import { NodeConfigSchema } from "../gen/slipway/driver/v1/node_pb.js";
import { dialRaw } from "./dial.js";

/** Dials through a driver that returns an endpoint and whose tunnels fail. */
function dial(endpoint: unknown): Promise<Duplex> {
  const transport = createRouterTransport(({ service }) => {
    service(DriverService, {
      dial: () => ({ endpoint: endpoint as Extract<DialResponse["endpoint"], { case: "tcp" }> }),
      // biome-ignore lint/correctness/useYield: it fails first
      async *tunnel() {
        throw new ConnectError("the tunnel failed", Code.Unavailable);
      },
    });
  });
  const lease = {
    descriptor: create(DriverDescriptorSchema, { name: "test" }),
    driver: createClient(DriverService, transport),
  };
  return dialRaw(lease, create(NodeConfigSchema), new AbortController().signal);
}

/** Does not listen for errors, unlike `once` of node:events. */
const closed = (stream: Duplex) => new Promise((resolve) => stream.on("close", resolve));

it("hands out a socket whose reset, before anyone reads it, is reported to its reader only", async () => {
  const server = createServer((socket) => setTimeout(() => socket.resetAndDestroy(), 50));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const stream = await dial({ case: "tcp", value: { host: "127.0.0.1", port } });
  await closed(stream);
  await expect(stream.toArray()).rejects.toThrow("ECONNRESET");
});

it("hands out a tunnel whose failure, before anyone reads it, is reported to its reader only", async () => {
  const stream = await dial({ case: "tunnel", value: {} });
  stream.read(0);
  await closed(stream);
  await expect(stream.toArray()).rejects.toThrow("the tunnel failed");
});
