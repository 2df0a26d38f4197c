import { once } from "node:events";
import { createServer as createHttp2 } from "node:http2";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { exchangePrefaces, NotHttp2 } from "./http2-preface.js";

async function exchangeWith(server: Server, signal = AbortSignal.timeout(5_000)): Promise<unknown> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  return exchangePrefaces(socket, signal).catch((error) => error);
}

const answering = (text: string) => createServer((client) => void client.on("error", () => {}).end(text));

it("resolves for HTTP/2", async () => {
  expect(await exchangeWith(createHttp2() as unknown as Server)).toBeUndefined();
});

it("rejects another protocol with its first bytes", async () => {
  const answer = await exchangeWith(answering("HTTP/1.1 400 Bad Request\r\n\r\n"));
  expect(answer).toBeInstanceOf(NotHttp2);
  expect((answer as NotHttp2).answer.toString()).toContain("HTTP/1.1 400 Bad Request");
  expect((await exchangeWith(answering(""))) as NotHttp2).toMatchObject({ answer: Buffer.alloc(0) });
});

it("rejects when the signal aborts", async () => {
  const silent = createServer((client) => void client.on("error", () => {}).resume());
  expect(await exchangeWith(silent, AbortSignal.timeout(100))).toMatchObject({ name: "TimeoutError" });
});
