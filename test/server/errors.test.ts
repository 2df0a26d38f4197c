import { once } from "node:events";
import { request as http1Request, type OutgoingHttpHeaders } from "node:http";
import { connect as http2Connect } from "node:http2";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, createClient } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FieldViolation, readTypedError, typedError } from "../../src/errors/typed-error.js";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { currentCall } from "../../src/host/base/call-scope.js";
import { startTestServer } from "./test-api.js";

const manyFields = (count: number): FieldViolation<"OPTION_UNKNOWN" & never>[] =>
  Array.from({ length: count }, (_, index) => ({
    field: `node.options[option-number-${index}]`,
    message: `The driver has no option option-number-${index}.`,
    remedy: "Leave it out, or use one of the driver's options.",
  }));

/** What a plugin's error looks like when the host receives it. */
function pluginError(): ConnectError {
  const info = create(ErrorInfoSchema, { reason: "NODE_GONE", domain: "driver.slipway.dev" });
  const error = new ConnectError("It is gone. ".repeat(10_000), Code.NotFound);
  error.details = [
    { type: "google.rpc.ErrorInfo", value: toBinary(ErrorInfoSchema, info) },
    { type: "errdefs.Source+json", value: Buffer.from(JSON.stringify({ info: { data: "RlJPTQ==" } })) },
    { type: "example.Whatever", value: new Uint8Array(100_000) },
  ];
  return error;
}

/** Methods whose errors are larger than any client accepts. */
function largeErrors(router: ConnectRouter): void {
  router.service(BuilderService, {
    createBuilder: async ({ name }) => {
      if (name === "plugin") throw pluginError();
      const fields = manyFields(500);
      const message = fields.map((each) => each.message).join(" ");
      throw typedError({ code: Code.InvalidArgument, reason: "TAG_INVALID", message, fields });
    },
  });
  router.service(BuildService, {
    // biome-ignore lint/correctness/useYield: it fails
    async *watchBuild() {
      throw pluginError();
    },
  });
}

describe.each(["connect", "grpc", "grpc-web"])("over %s", (protocol) => {
  async function transport() {
    const { unixPath } = await startTestServer({ routes: largeErrors });
    const nodeOptions = { createConnection: () => connect(unixPath) };
    const options = { baseUrl: "http://localhost", httpVersion: "2", nodeOptions } as const;
    if (protocol === "grpc") return createGrpcTransport(options);
    return protocol === "connect" ? createConnectTransport(options) : createGrpcWebTransport(options);
  }

  test("500 fields at fault are an error with a reason and the number that is left out", async () => {
    const client = createClient(BuilderService, await transport());
    const error = readTypedError(await client.createBuilder({}).catch((cause) => cause));
    expect(error).toMatchObject({ code: Code.InvalidArgument, reason: "TAG_INVALID" });
    const kept = error.fields!;
    expect(kept).toEqual(manyFields(kept.length).map((each) => ({ reason: "", ...each })));
    expect(Number(error.metadata?.omitted_fields)).toBe(500 - kept.length);
  });

  test("a plugin's large error keeps its reason, for unary calls and streams", async () => {
    const via = await transport();
    const unary = await createClient(BuilderService, via)
      .createBuilder({ name: "plugin" })
      .catch((cause) => cause);
    const streamed = await createClient(BuildService, via)
      .watchBuild({})
      [Symbol.asyncIterator]()
      .next()
      .catch((cause) => cause);
    for (const cause of [unary, streamed]) {
      expect(readTypedError(cause)).toMatchObject({
        code: Code.NotFound,
        reason: "NODE_GONE",
        domain: "driver.slipway.dev",
        message: expect.stringMatching(/^It is gone\./),
      });
      expect(cause.details.map((detail: { type: string }) => detail.type)).toEqual([
        "google.rpc.ErrorInfo",
        "google.rpc.RequestInfo",
      ]);
    }
  });
});

test("gRPC trailers stay below what clients accept", async () => {
  const { unixPath } = await startTestServer({ routes: largeErrors });
  const session = http2Connect("http://localhost", { createConnection: () => connect(unixPath) });
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": "/slipway.v1.BuilderService/CreateBuilder",
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.end(encodeEnvelope(0, new Uint8Array()));
  const sizes: number[] = [];
  const measure = (headers: object) =>
    sizes.push(
      Object.entries(headers).reduce(
        (sum, [name, value]) => sum + name.length + String(value).length + 32,
        0,
      ),
    );
  stream.on("response", measure).on("trailers", measure).resume();
  await once(stream, "close");
  expect(sizes).toHaveLength(2);
  for (const size of sizes) expect(size).toBeLessThan(8 * 1024);
});

test("a name of no enum value is refused in JSON, plain, compressed and in a query; unknown fields are not", async () => {
  const { unixPath } = await startTestServer({
    routes: (router) => router.service(BuildService, { listBuilds: () => ({ nextPageToken: "all" }) }),
  });
  const call = async (method: string, query: string, body: Buffer, headers: Record<string, string>) => {
    const path = `/slipway.v1.BuildService/ListBuilds${query}`;
    const request = http1Request({ socketPath: unixPath, method, path, headers });
    request.end(body);
    const [response] = await once(request, "response");
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString());
  };
  const json = { "content-type": "application/json" };
  const nope = JSON.stringify({ states: ["BUILD_STATE_FAILED", "NOPE"] });
  const inQuery = new URLSearchParams({ connect: "v1", encoding: "json", message: nope });
  for (const answer of [
    await call("POST", "", Buffer.from(nope), json),
    await call("POST", "", gzipSync(nope), { ...json, "content-encoding": "gzip" }),
    await call("GET", `?${inQuery}`, Buffer.alloc(0), {}),
  ]) {
    expect(answer).toMatchObject({
      code: "invalid_argument",
      message: 'BuildState has no value "NOPE".',
      details: [
        { debug: { reason: "MESSAGE_MALFORMED" } },
        { debug: { fieldViolations: [{ field: "states[1]" }] } },
        { debug: { links: [{ description: expect.stringContaining("BUILD_STATE_FAILED") }] } },
        { type: "google.rpc.RequestInfo" },
      ],
    });
  }
  const newer = JSON.stringify({ states: ["BUILD_STATE_FAILED", 99], fieldOfTheFuture: "NOPE" });
  expect(await call("POST", "", Buffer.from(newer), json)).toEqual({ nextPageToken: "all" });
});

describe.each([
  ["application/proto", "content-encoding"],
  ["application/json", "content-encoding"],
  ["application/grpc", "grpc-encoding"],
  ["application/grpc+json", "grpc-encoding"],
  ["application/grpc-web+proto", "grpc-encoding"],
])("over %s", (type, encodingHeader) => {
  test.each(["identity", "gzip"])(
    "a message with too many elements is refused, %s, and others arrive",
    async (encoding) => {
      const received: number[] = [];
      const routes = (router: ConnectRouter) =>
        router.service(BuildService, {
          startBuild: ({ spec }) => {
            received.push(spec!.tags.length);
            return {};
          },
        });
      const { unixPath } = await startTestServer({ routes });
      const call = async (tags: number) => {
        const request = { spec: { tags: Array<string>(tags).fill("") } };
        const message = create(BuildService.method.startBuild.input, request);
        const plain = type.includes("json")
          ? Buffer.from(toJsonString(BuildService.method.startBuild.input, message))
          : toBinary(BuildService.method.startBuild.input, message);
        const data = encoding === "gzip" ? gzipSync(plain) : plain;
        const isUnary = encodingHeader === "content-encoding";
        const headers: OutgoingHttpHeaders = {
          ":method": "POST",
          ":path": startBuild,
          "content-type": type,
          te: "trailers",
        };
        if (encoding === "gzip") headers[encodingHeader] = encoding;
        const session = http2Connect("http://localhost", { createConnection: () => connect(unixPath) });
        onTestFinished(() => session.destroy());
        const stream = session.request(headers);
        let trailers = "";
        stream.on("trailers", (all) => {
          trailers = JSON.stringify(all);
        });
        stream.end(isUnary ? data : encodeEnvelope(encoding === "gzip" ? 1 : 0, data));
        const [answer] = await once(stream, "response");
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        return `${JSON.stringify(answer)} ${Buffer.concat(chunks).toString()} ${trailers}`;
      };
      await call(3);
      expect(await call(300_000)).toMatch(/more(%20| )than(%20| )100000(%20| )elements/);
      await call(300);
      expect(received).toEqual([3, 300]);
    },
  );
});

const startBuild = "/slipway.v1.BuildService/StartBuild";
const negotiate = "/slipway.v1.HostService/Negotiate";
const watch = "/slipway.v1.BuildService/WatchBuild";

/** Requests that no handler sees, or whose bytes cannot be read: path, content type, body, what is expected. */
const odd: [string, string, string, string, string, number, string][] = [
  [
    "an unknown method",
    "POST",
    "/slipway.v1.HostService/Nope",
    "application/json",
    "{}",
    404,
    "METHOD_UNKNOWN",
  ],
  ["an unknown service", "POST", "/slipway.v9.Nope/Nope", "application/proto", "", 404, "METHOD_UNKNOWN"],
  [
    "a call of an older client",
    "POST",
    "/slipway.v1.SystemService/Negotiate",
    "application/proto",
    "",
    404,
    "CLIENT_OUTDATED",
  ],
  ["an unknown method path", "GET", "/", "", "", 404, "METHOD_UNKNOWN"],
  ["a wrong content type", "POST", negotiate, "text/plain", "{}", 415, "CONTENT_TYPE_UNSUPPORTED"],
  ["no content type", "POST", negotiate, "", "{}", 415, "CONTENT_TYPE_UNSUPPORTED"],
  ["a unary type for a stream", "POST", watch, "application/json", "{}", 415, "CONTENT_TYPE_UNSUPPORTED"],
  [
    "the text form of gRPC-Web",
    "POST",
    negotiate,
    "application/grpc-web-text",
    "AAAAAAA=",
    415,
    "CONTENT_TYPE_UNSUPPORTED",
  ],
  [
    "a stream in the text form of gRPC-Web",
    "POST",
    watch,
    "application/grpc-web-text+proto",
    "AAAAAAA=",
    415,
    "CONTENT_TYPE_UNSUPPORTED",
  ],
  ["a GET of a stream", "GET", watch, "", "", 405, "HTTP_METHOD_REFUSED"],
  ["a PUT", "PUT", negotiate, "application/json", "{}", 405, "HTTP_METHOD_REFUSED"],
  ["invalid JSON", "POST", negotiate, "application/json", "{", 400, "MESSAGE_MALFORMED"],
  [
    "JSON of another message",
    "POST",
    negotiate,
    "application/json",
    '{"client":7}',
    400,
    "MESSAGE_MALFORMED",
  ],
  ["an invalid message", "POST", negotiate, "application/proto", "\xff", 400, "MESSAGE_MALFORMED"],
  ["a GET without a message", "GET", `${negotiate}?encoding=json`, "", "", 400, "MESSAGE_MALFORMED"],
  ["a GET without an encoding", "GET", negotiate, "", "", 415, "CONTENT_TYPE_UNSUPPORTED"],
  [
    "a bidirectional stream over HTTP/1.1",
    "POST",
    "/slipway.v1.BuilderService/DialBuilder",
    "application/octet-stream",
    "",
    505,
    "HTTP_VERSION_UNSUPPORTED",
  ],
];

test.each(odd)("%s is answered with a reason", async (_what, method, path, type, body, status, reason) => {
  const { unixPath } = await startTestServer();
  const request = http1Request({
    socketPath: unixPath,
    method,
    path,
    headers: type ? { "content-type": type } : {},
  });
  request.end(Buffer.from(body, "latin1"));
  const [response] = await once(request, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  expect(response.statusCode).toBe(status);
  expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({
    code: expect.any(String),
    message: expect.stringMatching(/\.$/),
    details: [
      { type: "google.rpc.ErrorInfo", debug: { reason, domain: "slipway.dev" } },
      {},
      { type: "google.rpc.RequestInfo" },
    ],
  });
  expect(response.headers).toMatchObject({
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
});

test.each([createGrpcTransport, createConnectTransport, createGrpcWebTransport])(
  "an unknown method is a typed error for unary calls and streams (%o)",
  async (transport) => {
    const { unixPath } = await startTestServer({ routes: largeErrors });
    const nodeOptions = { createConnection: () => connect(unixPath) };
    const via = transport({ baseUrl: "http://localhost/elsewhere", httpVersion: "2", nodeOptions });
    const unary = await createClient(BuildService, via).getBuild({}).catch(readTypedError);
    const streamed = await createClient(BuildService, via)
      .watchBuild({})
      [Symbol.asyncIterator]()
      .next()
      .catch(readTypedError);
    for (const error of [unary, streamed])
      expect(error).toMatchObject({
        code: Code.Unimplemented,
        reason: "METHOD_UNKNOWN",
        domain: "slipway.dev",
      });
  },
);

describe("the id of a call", () => {
  const path = "/slipway.v1.BuilderService/CreateBuilder";
  const call = async (unixPath: string, path: string, headers: OutgoingHttpHeaders) => {
    const json = { "content-type": "application/json", ...headers };
    const request = http1Request({ socketPath: unixPath, method: "POST", path, headers: json });
    request.end("{}");
    const [response] = await once(request, "response");
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const { details } = JSON.parse(Buffer.concat(chunks).toString());
    const info = details.find(({ type }: { type: string }) => type === "google.rpc.RequestInfo");
    return { header: response.headers["x-request-id"], inError: info.debug.requestId };
  };

  test("is the client's if it is well formed, for handlers and for what no handler sees", async () => {
    const { unixPath } = await startTestServer({ routes: largeErrors });
    for (const each of [path, "/slipway.v1.None/None"]) {
      expect(await call(unixPath, each, { "x-request-id": "mine:1" })).toEqual({
        header: "mine:1",
        inError: "mine:1",
      });
      const own = await call(unixPath, each, { "x-request-id": "two words" });
      expect(own.header).toMatch(/^[0-9a-f-]{36}$/);
      expect(own.inError).toBe(own.header);
    }
  });

  test("is in the answer of a call that succeeds, and known while a call runs", async () => {
    const during: (string | undefined)[] = [];
    const routes = (router: ConnectRouter) =>
      void router.service(HostService, {
        negotiate: async ({ client }) => {
          await setImmediate();
          during.push(currentCall());
          if (client) throw new TypeError("it is a fault");
          return {};
        },
      });
    const { unixPath } = await startTestServer({ routes });
    const nodeOptions = { createConnection: () => connect(unixPath) };
    const host = createClient(HostService, createGrpcTransport({ baseUrl: "http://localhost", nodeOptions }));
    const given: (string | null)[] = [];
    const headers = { "x-request-id": "mine:2" };
    await host.negotiate({}, { headers, onHeader: (header) => given.push(header.get("x-request-id")) });
    const cause = await host.negotiate({ client: {} }, { headers }).catch((error) => error);
    expect(readTypedError(cause)).toMatchObject({ reason: "INTERNAL", callId: "mine:2" });
    expect(given).toEqual(["mine:2"]);
    expect(during).toEqual(["mine:2", "mine:2"]);
  });
});
