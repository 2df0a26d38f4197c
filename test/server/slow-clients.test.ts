import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect as http2Connect } from "node:http2";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as tlsConnect } from "node:tls";
import { Code, createClient } from "@connectrpc/connect";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectHost } from "../../src/client/connect.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { ServerReflection } from "../../src/gen/grpc/reflection/v1/reflection_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import type { ServerLimits } from "../../src/host/server/limits.js";
import { until } from "../lab/index.js";
import { makeTestTls } from "../lab/tls.js";
import { shortTempDir, startTestServer } from "./test-api.js";

const token = "0123456789abcdef0123456789abcdef";
const path = "/slipway.v1.HostService/Negotiate";
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** An empty SETTINGS frame and a PING frame. */
const settings = Buffer.from("000000040000000000", "hex");
const ping = Buffer.from("0000080600000000000102030405060708", "hex");

/** Starts a server on TCP with a token, with TLS or without. */
async function startOnTcp(by: "tcp" | "tls", limits: Partial<ServerLimits>) {
  const folder = await shortTempDir();
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, token, { mode: 0o600 });
  const files = by === "tls" ? await makeTestTls(join(folder, "tls")) : undefined;
  const tls = files && { certFile: files.serverCert, keyFile: files.serverKey };
  const listen = { tcp: { host: "127.0.0.1", port: 0, tokenFile, tls } };
  const started = await startTestServer({ limits, listen });
  const url = started.server.addresses.tcp!;
  const port = Number(new URL(url).port);
  // On a busy machine the first request may come too late, so another connection is opened then.
  const call = () =>
    until("a call to be answered", async () => {
      const host = await connectHost({ kind: "tcp", url, tokenFile, tls: files && { caFile: files.ca } });
      onTestFinished(() => host.close());
      await createClient(HostService, host.transport).negotiate({});
      return host.transport;
    });
  return { ...started, port, call };
}

/** Opens a connection, and reports how long it has stayed open. */
function open(dial: () => Socket): { socket: Socket; openMs(): number | undefined } {
  const start = performance.now();
  let ms: number | undefined;
  const socket = dial();
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.resume().once("close", () => {
    ms = performance.now() - start;
  });
  return { socket, openMs: () => ms };
}

const slow: [string, (socket: Socket) => void][] = [
  ["nothing", () => {}],
  ["one byte", (socket) => void socket.write("P")],
  ["half a head", (socket) => void socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bear`)],
  ["an HTTP/2 preface and silence", (socket) => void socket.write(preface)],
  [
    "HTTP/2 pings",
    (socket) => {
      socket.write(Buffer.concat([Buffer.from(preface), settings]));
      const timer = setInterval(() => socket.write(ping), 50);
      socket.once("close", () => clearInterval(timer));
    },
  ],
  [
    "requests without a token",
    (socket) => {
      const request = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`;
      const timer = setInterval(() => socket.write(request), 50);
      socket.once("close", () => clearInterval(timer));
    },
  ],
];

describe.each(["tcp", "tls"] as const)("over %s", (by) => {
  test.each(slow)("a connection with %s is closed", async (what, send) => {
    const { port, call } = await startOnTcp(by, { firstRequestMs: 1000 });
    const ALPNProtocols = [/HTTP\/2/.test(what) ? "h2" : "http/1.1"];
    const dial = () =>
      by === "tls"
        ? tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols })
        : connect(port, "127.0.0.1");
    const { socket, openMs } = open(dial);
    await once(socket, by === "tls" ? "secureConnect" : "connect");
    send(socket);
    await until("the connection to close", () => openMs() !== undefined);
    expect(openMs()).toBeGreaterThan(900);
    expect(await createClient(HostService, await call()).negotiate({})).toMatchObject({ host: {} });
  });

  test("an authenticated connection stays open", async () => {
    const { call } = await startOnTcp(by, { firstRequestMs: 2000 });
    const transport = await call();
    const service = createClient(HostService, transport);
    const watch = createClient(BuildService, transport).watchBuild({ id: "hang", fromSequence: 1n });
    const events = watch[Symbol.asyncIterator]();
    await events.next();
    let ended = false;
    const end = events.next().finally(() => {
      ended = true;
    });
    end.catch(() => {});
    await sleep(3000);
    expect(ended).toBe(false);
    expect(await service.negotiate({ client: { name: "later" } })).toMatchObject({ host: { name: "later" } });
  });
});

test("a TLS handshake that stops is closed", async () => {
  const { port } = await startOnTcp("tls", { firstRequestMs: 500 });
  const { socket, openMs } = open(() => connect(port, "127.0.0.1"));
  socket.write(Buffer.from("16030100a5010000a10303", "hex"));
  await until("the connection to close", () => openMs() !== undefined);
});

test("a client on the unix socket has the same time for its first request", async () => {
  const { unixPath } = await startTestServer({ limits: { firstRequestMs: 3000 } });
  const { socket, openMs } = open(() => connect(unixPath));
  socket.write(preface);
  const session = http2Connect("http://localhost", { createConnection: () => connect(unixPath) });
  onTestFinished(() => session.destroy());
  const request = session.request({ ":method": "POST", ":path": path, "content-type": "application/json" });
  request.end("{}");
  await once(request, "response");
  await until("the silent connection to close", () => openMs() !== undefined);
  expect(session.closed).toBe(false);
});

describe("a stalled request", () => {
  const start = async () => {
    const started = await startTestServer({ limits: { silentRequestMs: 1000 } });
    const host = await connectHost({ kind: "unix", path: started.unixPath });
    onTestFinished(() => host.close());
    return { ...started, ...host };
  };
  const silent = { code: Code.DeadlineExceeded, reason: "REQUEST_SILENT" };

  test.each([
    [
      "HTTP/1.1",
      'POST %s HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"',
    ],
    [
      "HTTP/1.1 in chunks",
      'POST %s HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{"\r\n',
    ],
  ])("is refused over %s", async (_how, head) => {
    const { unixPath, server } = await start();
    const { socket, openMs } = open(() => connect(unixPath));
    let answer = "";
    socket.on("data", (data) => (answer += data));
    socket.write(head.replace("%s", path));
    await until("the connection to close", () => openMs() !== undefined);
    expect(answer).toContain("REQUEST_SILENT");
    await until("the call to end", () => server.activity.held === 0);
  });

  test("is refused over HTTP/2", async () => {
    const { unixPath, server } = await start();
    const session = http2Connect("http://localhost", { createConnection: () => connect(unixPath) });
    onTestFinished(() => session.destroy());
    const request = session.request({ ":method": "POST", ":path": path, "content-type": "application/json" });
    request.write('{"');
    expect(await text(request)).toContain("REQUEST_SILENT");
    await until("the call to end", () => server.activity.held === 0);
  });

  test("is refused when it is a call in both directions that has not begun, or reflection", async () => {
    const { transport, server } = await start();
    const nothing = (async function* (): AsyncGenerator<never> {
      await new Promise(() => {});
    })();
    const dial = createClient(BuilderService, transport).dialBuilder(nothing)[Symbol.asyncIterator]();
    expect(await dial.next().catch(readTypedError)).toMatchObject(silent);
    const asked = (async function* () {
      yield { messageRequest: { case: "listServices" as const, value: "" } };
      await new Promise(() => {});
    })();
    const answers = createClient(ServerReflection, transport)
      .serverReflectionInfo(asked)
      [Symbol.asyncIterator]();
    expect((await answers.next()).value.messageResponse.case).toBe("listServicesResponse");
    expect(await answers.next().catch(readTypedError)).toMatchObject(silent);
    await until("the calls to end", () => server.activity.held === 0);
  });

  test("is refused when it is an upload, but a tunnel may be silent", async () => {
    const { transport, seen, server } = await start();
    const stop = new AbortController();
    async function* begun<T>(first: T): AsyncGenerator<T> {
      yield first;
      await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    }
    const tunnel = createClient(BuilderService, transport)
      .dialBuilder(begun({ message: { case: "data" as const, value: Buffer.from("x") } }), {
        signal: stop.signal,
      })
      [Symbol.asyncIterator]();
    expect((await tunnel.next()).done).toBe(false);
    const next = tunnel.next().then(() => "", readTypedError);
    const upload = createClient(UploadService, transport).uploadTar(
      begun({ part: { case: "data" as const, value: Buffer.from("x") } }),
    );
    expect(await upload.catch(readTypedError)).toMatchObject(silent);
    expect(seen.uploaded).toBe(1);
    await until("the upload to end", () => server.activity.held === 1);
    stop.abort();
    expect(await next).toMatchObject({ code: Code.Canceled });
  });
});

describe.each(["tcp", "tls"] as const)("the number of connections over %s is limited", (by) => {
  /** Opens connections, of which at least `refused` are closed, and returns those that stay open. */
  async function dial(port: number, count: number, refused: number, localAddress: string) {
    const opened = Array.from({ length: count }, () =>
      open(() => connect({ port, host: "127.0.0.1", localAddress })),
    );
    const stay = () => opened.filter(({ openMs }) => openMs() === undefined);
    await until("connections to be refused", () => stay().length <= count - refused);
    await sleep(300);
    return stay();
  }

  /** Opens two connections until the server has noticed that there is room for one, and expects that it is for one. */
  async function dialOneMore(port: number, localAddress: string) {
    const stay = await until("room for a connection", async () => {
      const accepted = await dial(port, 2, 1, localAddress);
      return accepted.length > 0 && accepted;
    });
    expect(stay).toHaveLength(1);
  }

  test("in total", async () => {
    const { port, lines, unixPath } = await startOnTcp(by, { maxConnections: 3 });
    const stay = await dial(port, 5, 2, "127.0.0.1");
    expect(stay).toHaveLength(3);
    expect(lines).toContainEqual({
      level: "warn",
      message: "Connections refused: too many in total",
      address: "127.0.0.1",
    });
    stay[0]!.socket.destroy();
    await dialOneMore(port, "127.0.0.2");
    // The unix socket has its own limit.
    const host = await connectHost({ kind: "unix", path: unixPath });
    onTestFinished(() => host.close());
    expect(await createClient(HostService, host.transport).negotiate({})).toMatchObject({ host: {} });
  });

  test("per address", async () => {
    const { port, lines, call } = await startOnTcp(by, { maxConnectionsPerAddress: 2 });
    const stay = await dial(port, 4, 2, "127.0.0.2");
    expect(stay).toHaveLength(2);
    expect(lines.filter(({ level }) => level === "warn")).toEqual([
      { level: "warn", message: "Connections refused: too many from one address", address: "127.0.0.2" },
    ]);
    expect(await createClient(HostService, await call()).negotiate({})).toMatchObject({ host: {} });
    stay[0]!.socket.destroy();
    await dialOneMore(port, "127.0.0.2");
  });
});
