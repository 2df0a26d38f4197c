import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { expect, onTestFinished, test, vi } from "vitest";
import { Connection } from "../connection.js";
import { StreamCall } from "./call.js";
import { openSession } from "./session.js";

/** A server that hands each stream to `serve`; returns its port. */
async function startServer(serve: (stream: ServerHttp2Stream) => void): Promise<number> {
  const server = createServer();
  server.on("stream", (stream) => serve(stream.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test.each([
  ["8", "disk 100% full", Code.ResourceExhausted],
  ["8", "%zz", Code.ResourceExhausted],
  ["99", "odd", Code.Unknown],
  ["abc", "odd", Code.Unknown],
])("a BuildKit that refuses the session with status %s and message %j", async (status, message, code) => {
  const port = await startServer((stream) => {
    stream.respond(
      { ":status": 200, "content-type": "application/grpc", "grpc-status": status, "grpc-message": message },
      { endStream: true },
    );
  });
  const connection = new Connection(() => createConnection(port, "127.0.0.1"), {
    host: "localhost",
    timeoutMs: 5_000,
  });
  onTestFinished(() => connection.close());
  await expect(openSession(connection, { methods: [] })).rejects.toMatchObject({
    code,
    rawMessage: `The session with BuildKit ended: ${message}.`,
  });
});

test("a session that BuildKit does not answer ends with its signal", async () => {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const port = await startServer(() => arrive());
  const connection = new Connection(() => createConnection(port, "127.0.0.1"), {
    host: "localhost",
    timeoutMs: 5_000,
  });
  onTestFinished(() => connection.close());
  const abort = new AbortController();
  const opening = openSession(connection, { methods: [], signal: abort.signal });
  const refused = expect(opening).rejects.toThrow("enough");
  await arrived;
  abort.abort(new Error("enough"));
  await refused;
});

test("a session whose signal aborts before its call is sent leaves no error unhandled", async () => {
  const unhandled = vi.fn();
  process.on("uncaughtException", unhandled);
  onTestFinished(() => void process.off("uncaughtException", unhandled));
  const port = await startServer(() => {});
  const connection = new Connection(() => createConnection(port, "127.0.0.1"), {
    host: "localhost",
    timeoutMs: 5_000,
  });
  const abort = new AbortController();
  const opening = openSession(connection, { methods: [], signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(opening).rejects.toThrow("enough");
  // The call is sent as soon as there is a connection.
  await connection.request("POST", "/", {});
  await connection.close();
  await new Promise(setImmediate);
  expect(unhandled).not.toHaveBeenCalled();
});

const { NGHTTP2_NO_ERROR, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR } = constants;

test.each(
  [NGHTTP2_NO_ERROR, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR].flatMap((code) => [
    { code, reads: false },
    { code, reads: true },
  ]),
)(
  "a call that BuildKit resets with code $code can still be written to and ended (reads: $reads)",
  async ({ code, reads }) => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    process.on("uncaughtException", unhandled);
    onTestFinished(() => {
      process.off("unhandledRejection", unhandled);
      process.off("uncaughtException", unhandled);
    });
    let done = () => {};
    const served = new Promise<void>((resolve) => {
      done = resolve;
    });
    const port = await startServer(async (stream) => {
      const call = new StreamCall(stream, []);
      // Node closes a stream that was reset only when all that arrived was read.
      if (reads)
        call.messages[Symbol.asyncIterator]()
          .next()
          .catch(() => {});
      await sleep(50);
      try {
        call.send(Buffer.from("late")).catch(() => {});
        await sleep(10);
        call.send(Buffer.alloc(1 << 16)).catch(() => {});
        call.end(0, "");
      } catch (cause) {
        unhandled(cause);
      }
      done();
    });
    const client: ClientHttp2Session = connect(`http://127.0.0.1:${port}`);
    onTestFinished(() => client.destroy());
    const stream = client.request({ ":method": "POST", ":path": "/x" });
    stream.on("error", () => {});
    // One empty message, and the beginning of a second one that nobody reads.
    for (const bytes of [5, 3]) {
      await new Promise((sent) => stream.write(Buffer.alloc(bytes), sent));
      await sleep(10);
    }
    stream.close(code);
    await served;
    await sleep(50);
    expect(unhandled).not.toHaveBeenCalled();
  },
);
