import { once } from "node:events";
import { type ClientHttp2Session, connect, constants, createServer } from "node:http2";
import {
  type AddressInfo,
  createConnection,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { endWhenDead } from "./end-when-dead.js";

/** A session with a server, and a call on it that the server does not answer. Closed when the test ends. */
async function openSession(server: Server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connection = createConnection((server.address() as AddressInfo).port, "127.0.0.1");
  const session = connect("http://localhost", { createConnection: () => connection });
  session.on("error", () => {});
  const call = session.request({ ":method": "POST" }).on("error", () => {});
  onTestFinished(() => {
    session.destroy();
    connection.destroy();
    server.close();
  });
  return { session, connection, call };
}

const settings = Buffer.from("000000040000000000", "hex");
/** A header that another frame must continue, and instead of it data: the protocol is broken. */
const broken = Buffer.from("0000010100000000018800000100010000000100", "hex");
const destroy = (session: ClientHttp2Session) => session.destroy(new Error("dead"), constants.NGHTTP2_CANCEL);

test("a connection that Node no longer reads ends, with its calls", async () => {
  const serve = (socket: Socket) => {
    socket.on("error", () => {}).write(settings);
    // The first bytes are the preface, and with it the request.
    socket.once("data", () => socket.end(broken));
  };
  const { session, connection, call } = await openSession(createTcpServer(serve));
  const ended = new Promise((resolve) => call.once("close", resolve));
  const end = vi.fn(() => destroy(session));
  endWhenDead(session, { afterMs: 100, answerMs: 100 }, end);
  await ended;
  expect(end).toHaveBeenCalledOnce();
  await expect.poll(() => connection.destroyed).toBe(true);
});

test("a silent peer that answers PINGs keeps its connection", async () => {
  const server = createServer();
  const pinged = new Promise<void>((resolve) => {
    let pings = 0;
    server.on("session", (peer) => peer.on("ping", () => ++pings === 5 && resolve()));
  });
  server.on("stream", (stream) => stream.on("error", () => {}));
  const { session } = await openSession(server);
  const end = vi.fn(() => destroy(session));
  endWhenDead(session, { afterMs: 20, answerMs: 5_000 }, end);
  await pinged;
  expect(end).not.toHaveBeenCalled();
});

test("a connection that is not used is not pinged", async () => {
  const server = createServer();
  const ping = vi.fn();
  server.on("session", (peer) => peer.on("ping", ping));
  server.on("stream", (stream) => stream.on("error", () => {}));
  const { session } = await openSession(server);
  await new Promise<void>((resolve) => {
    let looks = 0;
    const isUsed = () => {
      looks += 1;
      if (looks === 5) resolve();
      return false;
    };
    endWhenDead(session, { afterMs: 20, answerMs: 20 }, () => {}, isUsed);
  });
  expect(ping).not.toHaveBeenCalled();
});
