import { once } from "node:events";
import { constants, createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { createCertificate } from "../plugin-protocol/certificate.js";
import { PluginConnection } from "./plugin-connection.js";

/** Frames of HTTP/2: an empty SETTINGS, and a GOAWAY without an error. */
const settings = Buffer.from("000000040000000000", "hex");
const goaway = Buffer.from("0000080700000000000000000000000000", "hex");

test("a plugin that announces the end of its connection, and then keeps it open, counts as lost", async () => {
  const own = createCertificate();
  const options = { cert: own.pem, key: own.key, ALPNProtocols: ["h2"], allowHalfOpen: true };
  const server = createServer(options, (socket) => {
    socket.on("error", () => {}).resume();
    socket.write(settings);
    socket.once("data", () => socket.write(goaway));
    onTestFinished(() => void socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const certificate = createCertificate();
  const connection = await PluginConnection.open(
    { version: 2, address: { network: "tcp", host: "127.0.0.1", port }, certificate: own.der },
    certificate,
    new AbortController().signal,
  );
  onTestFinished(() => connection.close());
  expect(await connection.lost).toBe("it closed the connection");
});

test("calls beyond what a plugin takes at once wait, and can be cancelled before they are sent", async () => {
  const own = createCertificate();
  const limit = { maxConcurrentStreams: 1 };
  const server = createSecureServer({ cert: own.pem, key: own.key, settings: limit });
  const seen: string[] = [];
  server.on("stream", (stream, { ":path": path }) => {
    seen.push(path!);
    stream.respond();
    stream.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const connection = await PluginConnection.open(
    { version: 2, address: { network: "tcp", host: "127.0.0.1", port }, certificate: own.der },
    createCertificate(),
    new AbortController().signal,
  );
  onTestFinished(() => connection.close());
  const lease = await connection.request("POST", "/lease", {});
  await once(lease, "response");
  const cancelled = await connection.request("POST", "/cancelled", {});
  const waiting = await connection.request("POST", "/waiting", {});
  const answered = once(waiting, "response");
  cancelled.close(constants.NGHTTP2_CANCEL);
  expect(seen).toEqual(["/lease"]);
  lease.close(constants.NGHTTP2_CANCEL);
  await answered;
  expect(seen).toEqual(["/lease", "/waiting"]);
});
