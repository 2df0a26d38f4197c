import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { Worker } from "node:worker_threads";
import { expect, it, onTestFinished, vi } from "vitest";
import { httpExchange } from "./http-exchange.js";

const never = new AbortController().signal;
const upload = { method: "POST", path: "/images/load?quiet=1", headers: { "Content-Type": "text/plain" } };

/** A promise, and the function that resolves it. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A server on loopback, and a function that connects to it. */
async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { server, open: () => connect(port, "127.0.0.1") };
}

/** A server in a thread that refuses each request when its head has come, and closes the connection. */
async function serveRefusal(where: { path: string } | { host: string; port: number }) {
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    const server = require("node:net").createServer((socket) => {
      socket.on("error", () => {}).once("data", () => {
        socket.end("HTTP/1.1 413 Payload Too Large\\r\\nContent-Length: 8\\r\\n\\r\\ntoo much", () => socket.destroy());
      });
    });
    server.listen(workerData, () => parentPort.postMessage(server.address()));
  `;
  const worker = new Worker(code, { eval: true, workerData: where });
  const [address] = await once(worker, "message");
  return { worker, address: typeof address === "string" ? {} : { host: "127.0.0.1", port: address.port } };
}

it("sends a body of any length, and returns the answer", async () => {
  const received = deferred<{ url?: string; type?: string; bytes: number }>();
  const { open } = await serve(async (request, response) => {
    const { length: bytes } = await buffer(request);
    received.resolve({ url: request.url, type: request.headers["content-type"], bytes });
    response.writeHead(201).end("done");
  });
  const connection = open();
  const body = Readable.from([Buffer.alloc(5 << 20), Buffer.alloc(3)]);
  const answer = await httpExchange(connection, upload, body, never);
  expect(answer.statusCode).toBe(201);
  expect(await text(answer)).toBe("done");
  const bytes = (5 << 20) + 3;
  expect(await received.promise).toEqual({ url: "/images/load?quiet=1", type: "text/plain", bytes });
  if (!connection.closed) await once(connection, "close");
});

it("holds the body back while the server does not read", async () => {
  const { server, open } = await serve(() => {});
  const body = new PassThrough();
  const connection = open();
  void httpExchange(connection, upload, body, never).catch(() => {});
  await once(server, "request");
  for (let sent = 0; ; sent += 1) {
    expect(sent).toBeLessThan(1_000);
    if (!body.write(Buffer.alloc(1 << 20)) && body.writableLength > 1 << 20) break;
    await new Promise(setImmediate);
  }
  connection.destroy();
});

it("returns an answer that comes before the end of the body, and leaves the rest of it", async () => {
  const { open } = await serve((_request, response) => void response.writeHead(500).end("no space"));
  const body = new PassThrough();
  body.write("begun");
  const connection = open();
  const answer = await httpExchange(connection, upload, body, never);
  expect(answer.statusCode).toBe(500);
  expect(await text(answer)).toBe("no space");
  if (!connection.closed) await once(connection, "close");
  expect(body.destroyed).toBe(false);
  body.end("rest");
  expect(await text(body)).toContain("rest");
});

it.each(["unix", "tcp"] as const)(
  "returns the answer of a server on %s that closes the connection while the body is sent",
  async (kind) => {
    const folder = await mkdtemp(join(tmpdir(), "slipway-http-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "refuses.sock");
    const { worker, address } = await serveRefusal(
      kind === "unix" ? { path } : { host: "127.0.0.1", port: 0 },
    );
    const connection = connect(kind === "unix" ? { path } : (address as { host: string; port: number }));
    await once(connection, "connect");
    let reads = 0;
    const body = new Readable({
      read() {
        const push = () => this.push(Buffer.alloc(64 << 10));
        if (++reads !== 2) return void setImmediate(push);
        // The server answers and closes meanwhile; this process sees that only after its next write.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
        push();
      },
    });
    const answer = await httpExchange(connection, upload, body, never);
    expect([answer.statusCode, await text(answer)]).toEqual([413, "too much"]);
    if (!connection.closed) await once(connection, "close");
    body.destroy();
    await worker.terminate();
  },
);

it("fails with the error of the write when the server closes the connection without an answer", async () => {
  // The time limit of the wait for an answer never comes: the end of what the server sends ends it.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const { server, open } = await serve((request) => void request.socket.destroy());
  const body = new Readable({
    read() {
      setImmediate(() => this.push(Buffer.alloc(64 << 10)));
    },
  });
  const exchange = httpExchange(open(), upload, body, never);
  exchange.catch(() => {});
  await once(server, "request");
  await expect(exchange).rejects.toMatchObject({ code: expect.stringMatching(/EPIPE|ECONNRESET/) });
  body.destroy();
});

it("fails when the server closes the connection without an answer, or within it", async () => {
  const { open } = await serve((request) => void request.socket.destroy());
  await expect(httpExchange(open(), upload, Readable.from(["x"]), never)).rejects.toThrow();
  const { open: openOther } = await serve((request, response) => {
    response.write("half", () => request.socket.destroy());
  });
  const answer = await httpExchange(openOther(), upload, undefined, never);
  await expect(text(answer)).rejects.toThrow("aborted");
});

it.each(["before", "after"] as const)(
  "closes the connection when the signal aborts %s the answer",
  async (when) => {
    const closed = deferred<void>();
    const { server, open } = await serve((request, response) => {
      request.once("close", () => closed.resolve());
      if (when === "after") response.write("half");
    });
    const abort = new AbortController();
    const exchange = httpExchange(open(), upload, new PassThrough(), abort.signal);
    const outcome = exchange.then(text);
    outcome.catch(() => {});
    await (when === "after" ? exchange : once(server, "request"));
    abort.abort(new Error("cancelled"));
    await expect(outcome).rejects.toThrow(when === "after" ? "aborted" : "cancelled");
    await closed.promise;
  },
);

it("fails with the error of the body, and the server does not take it for complete", async () => {
  const complete = deferred<boolean>();
  const { server, open } = await serve((request) => {
    request.once("close", () => complete.resolve(request.complete)).resume();
  });
  const body = new PassThrough();
  body.write("begun");
  const exchange = httpExchange(open(), upload, body, never);
  exchange.catch(() => {});
  await once(server, "request");
  body.destroy(new Error("The image archive is incomplete."));
  await expect(exchange).rejects.toThrow("The image archive is incomplete.");
  expect(await complete.promise).toBe(false);
});
