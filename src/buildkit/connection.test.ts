import { once } from "node:events";
import { createServer } from "node:http2";
import { type AddressInfo, createConnection } from "node:net";
import { Code } from "@connectrpc/connect";
import { expect, onTestFinished, test } from "vitest";
import { connectBuildkit } from "./client.js";

test("closing the connection ends the calls under way with CANCELED", async () => {
  const server = createServer().on("stream", (stream) => stream.on("error", () => {}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const client = connectBuildkit(() => createConnection(port, "127.0.0.1"));
  const arrived = once(server, "stream");
  const call = client.control.listWorkers({});
  const stream = client.control.status({ ref: "x" })[Symbol.asyncIterator]().next();
  const ends = expect(Promise.allSettled([call, stream])).resolves.toMatchObject([
    { reason: { code: Code.Canceled, rawMessage: "The connection to BuildKit was closed." } },
    { reason: { code: Code.Canceled } },
  ]);
  await arrived;
  await client.close();
  await ends;
});
