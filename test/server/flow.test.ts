import { once } from "node:events";
import { connect as http2Connect } from "node:http2";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectHost } from "../../src/client/connect.js";
import { BuildService, WatchBuildRequestSchema } from "../../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { UploadTarRequestSchema } from "../../src/gen/slipway/v1/upload_pb.js";
import { until } from "../lab/index.js";
import { type Seen, startTestServer } from "./test-api.js";

/** A call whose bytes the test writes and reads. */
function rawCall(unixPath: string, path: string, windowBytes: number) {
  const session = http2Connect("http://localhost", {
    createConnection: () => connect(unixPath),
    settings: { initialWindowSize: windowBytes },
  });
  onTestFinished(() => session.destroy());
  return session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
}

/** The body of a call of WatchBuild that does not end. */
const bulk = encodeEnvelope(
  0,
  toBinary(WatchBuildRequestSchema, create(WatchBuildRequestSchema, { id: "bulk" })),
);

/** Waits until the handler of {@link bulk} has stopped to produce. */
async function untilHeldBack(seen: Seen): Promise<void> {
  let before = -1;
  await until("the handler to stop", async () => {
    const still = seen.produced === before;
    before = seen.produced;
    await sleep(300);
    return still && before > 0;
  });
}

describe("back-pressure", () => {
  test("a client that stops reading a stream stops its handler", async () => {
    const { unixPath, seen } = await startTestServer();
    const call = rawCall(unixPath, "/slipway.v1.BuildService/WatchBuild", 1 << 20);
    call.end(bulk);
    await once(call, "response");
    call.pause();
    await untilHeldBack(seen);
    // The window, plus a few messages in the buffers of both processes.
    expect(seen.produced).toBeLessThan(8 << 20);

    let read = 0;
    call.on("data", (chunk: Buffer) => {
      read += chunk.length;
    });
    call.resume();
    await until("the stream to continue", () => read > 64 << 20);
    expect(seen.produced).toBeGreaterThan(64 << 20);
  });

  test("a handler that stops reading stops the client", async () => {
    const { unixPath } = await startTestServer({ limits: { streamWindowBytes: 1 << 20 } });
    const call = rawCall(unixPath, "/slipway.v1.UploadService/UploadTar", 1 << 20);
    const envelope = (part: NonNullable<MessageInitShape<typeof UploadTarRequestSchema>["part"]>) =>
      encodeEnvelope(0, toBinary(UploadTarRequestSchema, create(UploadTarRequestSchema, { part })));
    call.write(envelope({ case: "start", value: { cacheKey: "stall" } }));
    const message = envelope({ case: "data", value: new Uint8Array(1 << 18) });
    let sent = 0;
    let blocked = false;
    for (let i = 0; i < 400 && !blocked; i++) {
      sent += message.length;
      if (!call.write(message))
        blocked = (await Promise.race([once(call, "drain"), sleep(1000, "blocked")])) === "blocked";
    }
    expect(blocked).toBe(true);
    expect(sent).toBeLessThan(8 << 20);
  });

  test("data flows in both directions at once", async () => {
    const { unixPath } = await startTestServer();
    const host = await connectHost({ kind: "unix", path: unixPath });
    onTestFinished(() => host.close());
    const total = 128 << 20;
    const data = new Uint8Array(1 << 18);
    const chunks = (async function* () {
      for (let size = 0; size < total; size += data.length)
        yield { message: { case: "data" as const, value: data } };
    })();
    let received = 0;
    for await (const chunk of createClient(BuilderService, host.transport).dialBuilder(chunks))
      if (chunk.event.case === "data") received += chunk.event.value.length;
    expect(received).toBe(total);
  });
});

describe("a call that ends early", () => {
  test("a client that goes away aborts the handler's signal", async () => {
    const { unixPath, seen, server } = await startTestServer();
    const host = await connectHost({ kind: "unix", path: unixPath });
    const watch = createClient(BuildService, host.transport).watchBuild({ id: "hang", fromSequence: 1n });
    await watch[Symbol.asyncIterator]().next();
    expect(server.activity.held).toBe(1);
    host.close();
    await until("the handler's signal to abort", () => seen.aborts.length > 0);
    // The handler hangs, but the call has ended.
    await until("the call to end", () => server.activity.held === 0);
  });

  test("a client that does not read and goes away over HTTP/2 ends the handler", async () => {
    const { unixPath, seen } = await startTestServer();
    const call = rawCall(unixPath, "/slipway.v1.BuildService/WatchBuild", 1 << 20);
    call.on("error", () => {}).end(bulk);
    await untilHeldBack(seen);
    call.session!.destroy();
    await until("the handler to end", () => seen.ended === 1);
  });

  test("a client that does not read and goes away over HTTP/1.1 ends the handler", async () => {
    const { unixPath, seen } = await startTestServer();
    const socket = connect(unixPath);
    socket.write(
      "POST /slipway.v1.BuildService/WatchBuild HTTP/1.1\r\nHost: localhost\r\n" +
        `Content-Type: application/connect+proto\r\nContent-Length: ${bulk.length}\r\n\r\n`,
    );
    socket.write(bulk);
    await untilHeldBack(seen);
    socket.destroy();
    await until("the handler to end", () => seen.ended === 1);
  });

  test("a handler that ignores its deadline does not delay the answer", async () => {
    const { unixPath } = await startTestServer();
    const session = http2Connect("http://localhost", { createConnection: () => connect(unixPath) });
    onTestFinished(() => session.destroy());
    const request = session.request({
      ":method": "POST",
      ":path": "/slipway.v1.HostService/Negotiate",
      "content-type": "application/json",
      "connect-timeout-ms": "200",
    });
    request.end(JSON.stringify({ client: { name: "hang" } }));
    const [headers] = await once(request, "response");
    const answer = JSON.parse((await request.toArray()).join(""));
    expect(headers[":status"]).toBe(504);
    expect(answer).toMatchObject({
      code: "deadline_exceeded",
      details: [{ debug: { reason: "DEADLINE_EXCEEDED" } }, { type: "google.rpc.RequestInfo" }],
    });
  });
});
