import { createHash, randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { createConnection } from "node:net";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { makeTar } from "../../src/archive/make-tar.test-helper.js";
import {
  AddBlobsRequestSchema,
  CreateUploadRequestSchema,
  EntryType,
  WriteUploadRequestSchema,
} from "../../src/gen/slipway/v1/upload_pb.js";
import { localPrincipal } from "../../src/host/access/principal.js";
import { openInputs } from "../../src/host/builds/inputs/inputs.js";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, until } from "../lab/index.js";
import { failure } from "../plugins/harness.js";
import { startUploads, uploadClient } from "./upload-server.js";

const dockerfile = Buffer.from("FROM scratch\nCOPY large /\n");
const large = randomBytes(1 << 20);
const outputs = [{ type: "cacheonly" }];

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map(({ name }) => name);
}

function digestOf(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

const entries = [
  ["Dockerfile", dockerfile],
  ["large", large],
].map(([path, content]) => ({
  path: path as string,
  type: EntryType.FILE,
  mode: 0o644,
  digest: digestOf(content as Buffer),
  sizeBytes: BigInt(content!.length),
}));

/** Sends the first half of a call and closes the connection, like a client that loses power. */
async function sendHalf<D extends DescMessage>(
  socket: string,
  method: string,
  schema: D,
  message: MessageInitShape<D>,
): Promise<void> {
  const connection = createConnection(socket);
  const session = connectHttp2("http://localhost", { createConnection: () => connection });
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  const call = session.request({
    ":method": "POST",
    ":path": `/slipway.v1.UploadService/${method}`,
    "content-type": "application/grpc",
    te: "trailers",
  });
  call.on("error", () => {});
  const bytes = toBinary(schema, create(schema, message));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  const half = Buffer.concat([head, bytes]).subarray(0, 5 + bytes.length / 2);
  await new Promise((resolve) => call.write(half, resolve));
  connection.destroy();
}

it("a connection that breaks during a manifest leaves no upload", async () => {
  const { directory, socket, uploads, client } = await startUploads();
  const many = Array.from({ length: 2000 }, (_, index) => ({ ...entries[1]!, path: `f${index}` }));
  const manifest = { manifest: true, entries: many };
  await sendHalf(socket, "CreateUpload", CreateUploadRequestSchema, manifest);
  // No upload was created, so none counts as unfinished.
  await until("all files are deleted", async () => (await filesIn(directory)).length === 0);
  const most = 256;
  for (let count = 0; count < most; count += 1) await client().createUpload({});
  expect(() => uploads.create("tar", "", localPrincipal)).toThrow(
    /the host is at its limit of 256 for all principals/,
  );
});

it("an upload continues after a connection breaks during a content", async () => {
  const { directory, socket, client } = await startUploads();
  const { upload, missingDigests } = await client().createUpload({ manifest: true, entries });
  const { id } = upload!;
  expect(missingDigests).toHaveLength(2);
  const [small, big] = entries as [(typeof entries)[0], (typeof entries)[0]];
  const chunk = (offset: number, end: number) => {
    const { digest, sizeBytes } = big;
    return { digest, sizeBytes, offset: BigInt(offset), data: large.subarray(offset, end) };
  };
  await client().addBlobs({ id, blobs: [{ ...small, data: dockerfile }, chunk(0, 400_000)] });
  const blobs = [chunk(400_000, 800_000)];
  await sendHalf(socket, "AddBlobs", AddBlobsRequestSchema, { id, blobs });
  // A chunk counts only when it is complete.
  expect(await failure(client().addBlobs({ id, blobs: [chunk(800_000, large.length)] }))).toMatchObject({
    code: Code.OutOfRange,
    reason: "UPLOAD_OFFSET_MISMATCH",
    metadata: { offset: "400000" },
  });
  expect(await failure(client().finishUpload({ id }))).toMatchObject({ reason: "UPLOAD_INCOMPLETE" });
  await client().addBlobs({ id, blobs: [chunk(400_000, large.length)] });
  expect((await client().finishUpload({ id })).upload).toMatchObject({ finished: true, entryCount: 2n });
  expect((await filesIn(directory)).sort()).toEqual(
    entries.map(({ digest }) => digest.slice("sha256:".length)).sort(),
  );
});

it("an upload continues after a connection breaks during a chunk of an archive", async () => {
  const { socket, client } = await startUploads();
  const tar = await makeTar([
    { name: "Dockerfile", content: dockerfile },
    { name: "large", content: large },
  ]);
  const { id } = (await client().createUpload({})).upload!;
  await client().writeUpload({ id, offset: 0n, data: tar.subarray(0, 300_000) });
  const chunk = { id, offset: 300_000n, data: tar.subarray(300_000, 900_000) };
  await sendHalf(socket, "WriteUpload", WriteUploadRequestSchema, chunk);
  const next = await client().writeUpload(chunk);
  expect(next.offset).toBe(900_000n);
  await client().writeUpload({ id, offset: next.offset, data: tar.subarray(900_000) });
  expect((await client().finishUpload({ id })).upload).toMatchObject({ finished: true, entryCount: 2n });
});

it("deletes what a disconnected client has sent after the idle time", async () => {
  const { directory, client, uploads } = await startUploads({ unfinishedIdleMs: 2000 });
  const tar = await makeTar([{ name: "large", content: large }]);
  const archive = (await client().createUpload({})).upload!.id;
  await client().writeUpload({ id: archive, data: tar.subarray(0, 300_000) });
  const manifest = (await client().createUpload({ manifest: true, entries })).upload!.id;
  const [small, big] = entries as [(typeof entries)[0], (typeof entries)[0]];
  const blobs = [
    { ...small, data: dockerfile },
    { ...big, data: large.subarray(0, 500_000) },
  ];
  await client().addBlobs({ id: manifest, blobs });
  expect((await filesIn(directory)).length).toBeGreaterThan(0);
  await until("all files are deleted", async () => (await filesIn(directory)).length === 0);
  for (const id of [archive, manifest])
    expect(() => uploads.openUpload(id, localPrincipal)).toThrow(/may have expired/);
});

it("refuses a build of an unfinished upload with its field, and releases the other uploads", async () => {
  const { directory, client, uploads } = await startUploads({
    idleMs: 2000,
    unfinishedIdleMs: 2000,
    cache: { bytes: 0 },
  });
  const tar = await makeTar([{ name: "Dockerfile", content: dockerfile }]);
  const finished = (await client().createUpload({})).upload!.id;
  await client().writeUpload({ id: finished, data: tar });
  await client().finishUpload({ id: finished });
  const half = (await client().createUpload({ manifest: true, entries })).upload!.id;
  const upload = (value: string) => ({ source: { case: "upload" as const, value } });
  const spec = { context: upload(finished), namedContexts: { other: upload(half) } };
  expect(
    await failure(openInputs(spec as never, { uploads, owner: localPrincipal, hostId: "h" } as never)),
  ).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "UPLOAD_NOT_FINISHED",
    fields: [{ field: "spec.named_contexts[other].upload" }],
  });
  // The build opened the finished upload first; it would stay if it had not been released.
  await until("both uploads to expire", async () => (await filesIn(directory)).length === 0);
  expect(() => uploads.openUpload(finished, localPrincipal)).toThrow(/may have expired/);
});

it("a build of an incomplete context fails at once, and succeeds after another connection has sent the rest", async () => {
  const host = await startHost();
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "half", driver: "remote", node });
  const { upload } = await host.uploads.createUpload({ manifest: true, entries });
  const { id } = upload!;
  const [small, big] = entries as [(typeof entries)[0], (typeof entries)[0]];
  await host.uploads.addBlobs({ id, blobs: [{ ...small, data: dockerfile }] });
  const blobs = [{ ...big, data: large }];
  await sendHalf(host.socket, "AddBlobs", AddBlobsRequestSchema, { id, blobs });
  const spec = { builder: "half", context: { source: { case: "upload" as const, value: id } }, outputs };
  expect(await failure(host.builds.startBuild({ spec }))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "UPLOAD_NOT_FINISHED",
    fields: [{ field: "spec.context.upload" }],
  });
  expect((await host.builds.listBuilds({})).builds).toEqual([]);
  const reconnected = uploadClient(host.socket);
  await reconnected.addBlobs({ id, blobs });
  await reconnected.finishUpload({ id });
  await mustBuild(host, spec);
  // Other builds are not affected.
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  await mustBuild(host, { ...spec, context });
});
