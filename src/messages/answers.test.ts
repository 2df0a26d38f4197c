import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { Http2SessionManager } from "@connectrpc/connect-node";
import { expect, onTestFinished, test } from "vitest";
import { PacketSchema } from "../gen/fsutil/types/wire_pb.js";
import {
  Control,
  DiskUsageResponseSchema,
  StatusResponseSchema,
  UsageRecordSchema,
} from "../gen/moby/buildkit/v1/control_pb.js";
import { createBoundedTransport, decodeBounded } from "./answers.js";

const maxBytes = 16 << 20;

/** A client of a server that answers every call with these messages. */
async function clientOf(...messages: Uint8Array[]) {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer()
    .on("session", (session) => sessions.add(session))
    .on("stream", (stream) => {
      stream
        .on("error", () => {})
        .respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      for (const message of messages) {
        const prefix = Buffer.alloc(5);
        prefix.writeUInt32BE(message.length, 1);
        stream.write(Buffer.concat([prefix, message]));
      }
      stream.end();
    });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  onTestFinished(() => {
    sessionManager.abort();
    for (const session of sessions) session.destroy();
    server.close();
  });
  const limits = { readMaxBytes: maxBytes, writeMaxBytes: maxBytes };
  return createClient(
    Control,
    createBoundedTransport({ baseUrl, sessionManager, interceptors: [], ...limits }),
  );
}

/** Empty messages in the first field, as many as fit. */
const bomb = Buffer.alloc(maxBytes, Buffer.from([0x0a, 0]));
const refused = {
  code: Code.ResourceExhausted,
  rawMessage: "A message has more than 400000 elements, which is more than the host takes.",
};

test("an answer of millions of empty elements is not decoded", async () => {
  const client = await clientOf(bomb);
  await expect(client.diskUsage({})).rejects.toMatchObject(refused);
  const status = await clientOf(toBinary(StatusResponseSchema, create(StatusResponseSchema)), bomb);
  const answers = status.status({ ref: "x" })[Symbol.asyncIterator]();
  expect((await answers.next()).done).toBe(false);
  await expect(answers.next()).rejects.toMatchObject(refused);
});

test("the records of a large cache are no fault", async () => {
  const time = { seconds: 1_700_000_000n, nanos: 1 };
  const record = create(UsageRecordSchema, {
    id: "w0bqzvn1nq4a3c3w5ksg8h0r6",
    size: 1n << 30n,
    createdAt: time,
    lastUsedAt: time,
    usageCount: 3n,
    description:
      "mount / from exec /bin/sh -c apt-get update && apt-get install -y --no-install-recommends curl; ".repeat(
        2,
      ),
    recordType: "regular",
    parents: ["p6q1cn0x1t5p0m8e0pj2h4h8l"],
  });
  const answer = create(DiskUsageResponseSchema, { record: Array<typeof record>(50_000).fill(record) });
  const bytes = toBinary(DiskUsageResponseSchema, answer);
  expect(bytes.length).toBeGreaterThan(maxBytes * 0.8);
  const client = await clientOf(bytes);
  expect((await client.diskUsage({})).record).toHaveLength(50_000);
});

test("a message of a session is bounded, too", () => {
  const unknownFields = Buffer.alloc(maxBytes, Buffer.from([0x7a, 0]));
  expect(() => decodeBounded(PacketSchema, unknownFields)).toThrow(expect.objectContaining(refused));
  const packet = create(PacketSchema, { data: Buffer.alloc(maxBytes - 100, 1) });
  expect(decodeBounded(PacketSchema, toBinary(PacketSchema, packet)).data).toHaveLength(maxBytes - 100);
});
