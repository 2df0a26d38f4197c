import { once } from "node:events";
import { createServer } from "node:http2";
import { type AddressInfo, createConnection, createServer as createTcpServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
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

/** Frames of HTTP/2 on stream 0, without and with a payload. */
const settings = Buffer.from("000000040000000000", "hex");
const goaway = Buffer.from("0000080700000000000000000000000000", "hex");

test("a BuildKit that announces its end, and then neither closes nor answers, does not hold up closing", async () => {
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {}).write(Buffer.concat([settings, goaway]));
    onTestFinished(() => void socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const client = connectBuildkit(() => createConnection(port, "127.0.0.1"));
  const call = client.control.listWorkers({}).catch(() => {});
  await once(server, "connection");
  await sleep(50);
  await client.close();
  await call;
});
