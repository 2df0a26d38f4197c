import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Code, driverError, type ImageStore, readTypedError } from "../../../src/driver/index.js";

/** What the server answers instead of an archive. */
interface Answer {
  names?: string[];
  error?: { code: Code; reason: string; message: string };
}

/** The same store behind an HTTP server, to which its archives travel. */
export function overHttp(store: ImageStore): ImageStore {
  const path = join(tmpdir(), `slipway-store-${process.pid}.sock`);
  const server = createServer((request, response) => {
    serve(store, request, response).catch((cause) => {
      const { code, reason, message } = readTypedError(cause);
      response.writeHead(400).end(JSON.stringify({ error: { code, reason, message } } satisfies Answer));
    });
  });
  server.listen(path).unref();
  process.once("exit", () => server.close());
  const request = (method: string, asked: unknown) => ({
    connect: async () => connect({ path, allowHalfOpen: true }),
    direct: { case: "unix" as const, value: { path } },
    method,
    path: `/?${encodeURIComponent(JSON.stringify(asked))}`,
    headers: { "Content-Type": "application/x-tar" },
  });
  return {
    ...store,
    async load({ endpoint, environment }, archive) {
      const { body } = await archive.sendTo(request("POST", { ref: { endpoint, environment } }));
      const { names, error } = await read(body);
      if (names) return names;
      throw driverError(error!);
    },
    async save({ endpoint, environment }, names, archive) {
      const asked = request("GET", { ref: { endpoint, environment }, names });
      const { status, body } = await archive.fetchFrom(asked);
      if (status !== 200) throw driverError((await read(body)).error!);
    },
  };
}

async function read(body: AsyncIterable<Uint8Array>): Promise<Answer> {
  const answer = await text(body);
  try {
    return JSON.parse(answer);
  } catch {
    return { error: { code: Code.Unknown, reason: "SERVER_FAULT", message: answer } };
  }
}

async function serve(store: ImageStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { ref, names } = JSON.parse(decodeURIComponent(request.url!.slice(2)));
  const call = { signal: new AbortController().signal, progress: async () => {} };
  const unused = () => {
    throw driverError({
      code: Code.Internal,
      reason: "UNUSED",
      message: "The server reads and writes itself.",
    });
  };
  if (request.method === "POST") {
    const archive = { [Symbol.asyncIterator]: () => request[Symbol.asyncIterator](), sendTo: unused };
    response.end(JSON.stringify({ names: await store.load(ref, archive, call) } satisfies Answer));
  } else {
    const write = (chunk: Uint8Array) =>
      new Promise<void>((resolve, reject) =>
        response.write(chunk, (error) => (error ? reject(error) : resolve())),
      );
    await store.save(ref, names, { write, fetchFrom: unused }, call);
    response.end();
  }
}
