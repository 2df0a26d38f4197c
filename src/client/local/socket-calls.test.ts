import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { endStreamToJson, errorToJson } from "@connectrpc/connect/protocol-connect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import { BuildService as Codec } from "../../gen/slipway/v1/build_codec.js";
import { BuildService, ReadOutputResponseSchema } from "../../gen/slipway/v1/build_pb.js";
import { HostService } from "../../gen/slipway/v1/host_pb.js";
import { envelope } from "./envelopes.js";
import { negotiateMethod } from "./negotiated.js";
import { SocketCalls } from "./socket-calls.js";

let folder: string;
let server: Server | undefined;
let calls: SocketCalls | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sw-"));
});
afterEach(async () => {
  calls?.close();
  server?.closeAllConnections();
  if (server) await new Promise((resolve) => server!.close(resolve));
  server = calls = undefined;
  rmSync(folder, { recursive: true });
});

const socket = () => join(folder, "host.sock");

/** Calls a host that answers in a way that a real one does not. */
async function callsTo(answer: RequestListener): Promise<SocketCalls> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server!.listen(socket(), resolve));
  calls = await SocketCalls.open(socket());
  return calls!;
}

async function failure(work: Promise<unknown>) {
  const error = await work.then(
    () => expect.fail("it should have failed"),
    (cause: unknown) => cause,
  );
  return readTypedError(error);
}

async function outputOf(from: SocketCalls): Promise<string[]> {
  const texts: string[] = [];
  for await (const { data } of from.stream(Codec.readOutput, { id: "b", output: 0 }))
    texts.push(Buffer.from(data).toString());
  return texts;
}

const refused = typedError({
  code: Code.NotFound,
  reason: "BUILD_UNKNOWN",
  message: "There is no build b.",
  remedy: "List the builds.",
});

const message = (text: string) =>
  envelope(toBinary(ReadOutputResponseSchema, create(ReadOutputResponseSchema, { data: Buffer.from(text) })));

function endOf(error?: ConnectError): Uint8Array {
  const packed = envelope(Buffer.from(JSON.stringify(endStreamToJson(new Headers(), error, undefined))));
  packed[0] = 2;
  return packed;
}

test("knows the method to negotiate by its name in the protocol", () => {
  expect(negotiateMethod).toBe(`${HostService.typeName}/${HostService.method.negotiate.name}`);
});

test("connects to nobody where nobody listens, and in a folder that others can write to", async () => {
  expect(await SocketCalls.open(socket())).toBeUndefined();
  expect(await SocketCalls.open(join(folder, "missing", "host.sock"))).toBeUndefined();
  await callsTo((_request, response) => response.end());
  chmodSync(folder, 0o777);
  expect(await SocketCalls.open(socket())).toBeUndefined();
});

test("does not call a host in a folder that became unsafe", async () => {
  const open = await callsTo((_request, response) => response.end());
  await open.unary(Codec.cancelBuild, { id: "b" });
  chmodSync(folder, 0o777);
  expect(await failure(open.unary(Codec.cancelBuild, { id: "b" }))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "SOCKET_FOLDER_UNSAFE",
  });
  expect(statSync(socket()).isSocket()).toBe(true);
});

test("keeps the details of a refused call", async () => {
  const open = await callsTo((_request, response) => {
    response.writeHead(404, { "content-type": "application/json" });
    response.end(JSON.stringify(errorToJson(refused, undefined)));
  });
  expect(await failure(open.unary(Codec.getBuild, { id: "b" }))).toEqual(readTypedError(refused));
  expect(await failure(outputOf(open))).toEqual(readTypedError(refused));
});

test("says that an older host lacks a method", async () => {
  const open = await callsTo((_request, response) => response.writeHead(404).end("not found"));
  expect(await failure(open.unary(Codec.getBuild, { id: "b" }))).toMatchObject({
    code: Code.Unimplemented,
    reason: "HOST_LACKS_CALL",
    metadata: { method: `${BuildService.typeName}/GetBuild` },
  });
});

test("reads a stream whose messages arrive in pieces, up to its end", async () => {
  const bytes = Buffer.concat([message("first"), message(""), message("third"), endOf()]);
  const open = await callsTo((_request, response) => {
    for (const byte of bytes) response.write(Buffer.of(byte));
    response.end();
  });
  expect(await outputOf(open)).toEqual(["first", "", "third"]);
});

test("fails with the error at the end of a stream", async () => {
  const open = await callsTo((_request, response) => {
    response.write(message("first"));
    response.end(endOf(refused));
  });
  expect(await failure(outputOf(open))).toEqual(readTypedError(refused));
});

test.each([
  ["without its end", (bytes: Uint8Array) => bytes],
  ["within a message", (bytes: Uint8Array) => bytes.subarray(0, -1)],
])("reports a stream that stops %s as a lost connection", async (_where, cut) => {
  const open = await callsTo((_request, response) => {
    response.end(cut(message("first")));
  });
  expect(await failure(outputOf(open))).toMatchObject({
    code: Code.Unavailable,
    reason: "HOST_CONNECTION_LOST",
  });
});

test("reports a broken connection, and a host that has ended", async () => {
  const open = await callsTo((request) => request.socket.destroy());
  expect((await failure(open.unary(Codec.getBuild, { id: "b" }))).reason).toBe("HOST_CONNECTION_LOST");
  await new Promise((resolve) => server!.close(resolve));
  expect((await failure(open.unary(Codec.getBuild, { id: "b" }))).reason).toBe("HOST_NOT_RUNNING");
});

test("ends calls in progress when it is closed, and those whose signal is aborted", async () => {
  const open = await callsTo(() => {});
  const abort = new AbortController();
  const aborted = expect(
    open.unary(Codec.getBuild, { id: "b" }, { signal: abort.signal }),
  ).rejects.toMatchObject({ code: Code.Canceled });
  abort.abort();
  await aborted;
  const closed = expect(open.unary(Codec.getBuild, { id: "b" })).rejects.toMatchObject({
    code: Code.Canceled,
  });
  open.close();
  await closed;
});
