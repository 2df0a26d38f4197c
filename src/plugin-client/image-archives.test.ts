import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type ServiceImpl,
} from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import {
  type HttpAnswer,
  type HttpTransferSchema,
  ImageStoreService,
  type LoadImageRequest,
  type SaveImageRequest,
} from "../gen/slipway/driver/v1/image_store_pb.js";
import { loadImage } from "./load-image.js";
import { saveImage } from "./save-image.js";

type Http = Extract<MessageInitShape<typeof HttpTransferSchema>, { $typeName?: undefined }>;
type Requests = AsyncIterable<LoadImageRequest | SaveImageRequest>;

const store = { driver: "test" };
const never = new AbortController().signal;

/** An HTTP server on a unix socket; returns a request to it. */
async function serve(listener: RequestListener): Promise<Http> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-test-"));
  const path = join(folder, "s.sock");
  const server = createServer(listener).listen(path);
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return { address: { case: "unix", value: { path } }, method: "POST", path: "/load" };
}

/** A client of a plugin that implements a method. */
const clientOf = (methods: Partial<ServiceImpl<typeof ImageStoreService>>) =>
  createClient(
    ImageStoreService,
    createRouterTransport(({ service }) => service(ImageStoreService, methods)),
  );

/** What the host passes on of an answer. */
async function answerIn(requests: Requests) {
  const parts: HttpAnswer["part"][] = [];
  for await (const { event } of requests) if (event.case === "answer") parts.push(event.value.part);
  const bodies = parts.flatMap((part) => (part.case === "body" ? [part.value] : []));
  return {
    status: parts[0]?.case === "status" ? parts[0].value : undefined,
    body: Buffer.concat(bodies).toString(),
    failure: parts.flatMap((part) => (part.case === "failure" ? [part.value] : []))[0],
  };
}

const transferEvent = (http: Http) => ({
  event: { case: "transfer" as const, value: { transport: { case: "http" as const, value: http } } },
});
const streamEvent = {
  event: { case: "transfer" as const, value: { transport: { case: "stream" as const, value: {} } } },
};
const loadedEvent = (...names: string[]) => ({ event: { case: "loaded" as const, value: { names } } });

/** A plugin that wants an archive by HTTP, and loads what the answer says. */
const loader = (http: Http, judge: (answer: Awaited<ReturnType<typeof answerIn>>) => string) =>
  clientOf({
    async *loadImage(requests) {
      yield transferEvent(http);
      yield loadedEvent(judge(await answerIn(requests)));
    },
  });

const load = (client: ReturnType<typeof clientOf>, archive: Readable, signal = never) =>
  loadImage(client, store, archive, { signal });

async function collect(client: ReturnType<typeof clientOf>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of saveImage(client, store, ["a:1"], never)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

it("sends an archive to the plugin's server, and the plugin the answer", async () => {
  let received = 0;
  const http = await serve(async (request, response) => {
    received = (await buffer(request)).length;
    response.end(JSON.stringify({ type: request.headers["x-type"], url: request.url }));
  });
  const headers = [{ name: "X-Type", value: "tar" }];
  const client = loader({ ...http, headers }, ({ status, body }) => `${status} ${body}`);
  const archive = Readable.from([Buffer.alloc(3 << 20), Buffer.alloc(5)]);
  expect(await load(client, archive)).toEqual(['200 {"type":"tar","url":"/load"}']);
  expect(received).toBe((3 << 20) + 5);
});

it("passes on an answer that comes before the end of the archive, and leaves the archive", async () => {
  const http = await serve((_request, response) => void response.writeHead(500).end("no space"));
  const client = loader(http, ({ status, body }) => {
    throw new ConnectError(`${status} ${body}`, Code.Internal);
  });
  const archive = new PassThrough();
  archive.write("begun");
  await expect(load(client, archive)).rejects.toThrow("500 no space");
  expect(archive.destroyed).toBe(false);
  archive.end("rest");
  expect(String(await buffer(archive))).toContain("rest");
});

it("tells the plugin why there is no answer, or only a part of one", async () => {
  const nowhere: Http = {
    address: { case: "unix", value: { path: "/nonexistent/s.sock" } },
    method: "POST",
    path: "/",
  };
  const client = loader(nowhere, ({ status, failure }) => `${status} ${failure}`);
  expect(await load(client, Readable.from(["x"]))).toEqual(["undefined connect ENOENT /nonexistent/s.sock"]);
  const breaking = await serve((request, response) => {
    response.write("half", () => request.socket.destroy());
  });
  const other = loader(breaking, ({ status, body, failure }) => `${status} ${body} ${failure}`);
  expect(await load(other, Readable.from(["x"]))).toEqual(["200 half aborted"]);
});

it("fails with the error of an archive that breaks, and the server does not take it for complete", async () => {
  let isComplete: boolean | undefined;
  const begun = new PassThrough();
  const closed = new PassThrough();
  const http = await serve((request) => {
    begun.end();
    request.once("close", () => {
      isComplete = request.complete;
      closed.end();
    });
    request.resume();
  });
  const archive = new PassThrough();
  archive.write("begun");
  const outcome = load(
    loader(http, () => "any"),
    archive,
  );
  outcome.catch(() => {});
  await buffer(begun);
  archive.destroy(new Error("The image archive is incomplete."));
  await expect(outcome).rejects.toThrow("The image archive is incomplete.");
  await buffer(closed);
  expect(isComplete).toBe(false);
});

it.each(["the caller cancels", "the plugin dies"])("closes the connection when %s", async (cause) => {
  const begun = new PassThrough();
  const closed = new PassThrough();
  const http = await serve((request) => {
    begun.end();
    request.once("close", () => closed.end());
  });
  const dies = clientOf({
    async *loadImage() {
      yield transferEvent(http);
      await buffer(begun);
      throw new ConnectError("it ended", Code.Unavailable);
    },
  });
  const abort = new AbortController();
  const client = cause === "the plugin dies" ? dies : loader(http, () => "any");
  const outcome = load(client, new PassThrough(), abort.signal);
  outcome.catch(() => {});
  if (client !== dies) {
    await buffer(begun);
    abort.abort();
  }
  const code = client === dies ? Code.Unavailable : Code.Canceled;
  expect(await outcome.then(() => undefined, readTypedError)).toMatchObject({ code });
  await buffer(closed);
});

it.each<[string, Http]>([
  ["an unknown kind of address", { method: "POST", path: "/" }],
  ["an invalid method", { method: "post it" }],
  ["an invalid path", { path: "/a b" }],
  ["an invalid path", { path: "http://elsewhere/" }],
  ["an invalid header field", { headers: [{ name: "a b", value: "" }] }],
  ["an invalid header field", { headers: [{ name: "a", value: "b\r\nc: d" }] }],
  ["the header field Transfer-Encoding", { headers: [{ name: "Transfer-Encoding", value: "gzip" }] }],
])("refuses a request with %s", async (what, wrong) => {
  const http = await serve(() => {});
  const asked = wrong.path === "/" ? wrong : { ...http, ...wrong };
  const error = await load(
    loader(asked, () => "any"),
    new PassThrough(),
  ).then(() => undefined, readTypedError);
  expect(error).toMatchObject({ reason: "DRIVER_FAULT", message: expect.stringContaining(what) });
});

it("sends an archive in messages of at most 1 MiB when the plugin wants that", async () => {
  const sizes: number[] = [];
  const client = clientOf({
    async *loadImage(requests) {
      yield streamEvent;
      for await (const { event } of requests) if (event.case === "data") sizes.push(event.value.length);
      yield loadedEvent("a:1");
    },
  });
  expect(await load(client, Readable.from([Buffer.alloc(2_500_000)]))).toEqual(["a:1"]);
  expect(sizes).toEqual([1 << 20, 1 << 20, 2_500_000 - (2 << 20)]);
});

it("leaves what follows the end of an archive to its owner", async () => {
  const client = clientOf({
    async *loadImage() {
      yield streamEvent;
      yield loadedEvent("a:1");
    },
  });
  const archive = new PassThrough();
  expect(await load(client, archive)).toEqual(["a:1"]);
  archive.resume();
  archive.end(Buffer.alloc(1 << 20));
  await once(archive, "end");
});

it("refuses a plugin that does not say what it loaded", async () => {
  const client = clientOf({
    async *loadImage() {
      yield streamEvent;
    },
  });
  const error = await load(client, Readable.from(["x"])).then(() => undefined, readTypedError);
  expect(error).toMatchObject({ reason: "DRIVER_FAULT" });
});

it("reads an archive from the plugin's server, and tells the plugin only the status", async () => {
  const http = await serve((_request, response) => void response.end(Buffer.alloc(2 << 20)));
  let answer: unknown;
  const client = clientOf({
    async *saveImage(requests) {
      yield transferEvent(http);
      answer = await answerIn(requests);
    },
  });
  expect(await collect(client)).toHaveLength(2 << 20);
  expect(answer).toEqual({ status: 200, body: "", failure: undefined });
});

it("lets the plugin judge a refusal, and an archive that is cut off", async () => {
  const refusing = await serve((_request, response) => void response.writeHead(404).end("no image"));
  const cutting = await serve((request, response) => {
    response.write("half", () => request.socket.destroy());
  });
  const client = (http: Http) =>
    clientOf({
      async *saveImage(requests) {
        yield transferEvent(http);
        const { status, body, failure } = await answerIn(requests);
        throw new ConnectError(`${status} ${body}${failure ?? ""}`, Code.NotFound);
      },
    });
  await expect(collect(client(refusing))).rejects.toThrow("404 no image");
  await expect(collect(client(cutting))).rejects.toThrow("200 aborted");
});

it.each([
  ["takes a failed answer for an image archive", 404],
  ["sends an image archive in two ways", 200],
])("refuses a plugin that %s", async (what, status) => {
  const http = await serve((_request, response) => void response.writeHead(status).end());
  const client = clientOf({
    async *saveImage(requests) {
      yield transferEvent(http);
      await answerIn(requests);
      if (status === 200) yield { event: { case: "data", value: Buffer.from("more") } };
    },
  });
  await expect(collect(client)).rejects.toThrow(what);
});

it("closes the connection when the reader of an archive leaves", async () => {
  const closed = new PassThrough();
  const http = await serve((request, response) => {
    request.once("close", () => closed.end()).resume();
    response.write(Buffer.alloc(1 << 20));
  });
  const client = clientOf({
    async *saveImage(requests) {
      yield transferEvent(http);
      await answerIn(requests);
    },
  });
  for await (const _ of saveImage(client, store, ["a:1"], never)) break;
  await buffer(closed);
});
