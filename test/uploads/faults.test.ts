import { createHash } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { createConnection } from "node:net";
import { join } from "node:path";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { inChunks, makeTar, type TarInput } from "../../src/archive/make-tar.test-helper.js";
import { uploadFolder } from "../../src/client/upload.js";
import { uploadTar } from "../../src/client/upload-tar.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { EntryType, UploadTarRequestSchema } from "../../src/gen/slipway/v1/upload_pb.js";
import { localPrincipal } from "../../src/host/access/principal.js";
import { tempDir, until } from "../lab/index.js";
import { startUploadProcess } from "./upload-process.js";
import { type Protocol, startUploads } from "./upload-server.js";

const protocols: Protocol[] = ["grpc", "grpc-web", "connect"];

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map(({ name }) => name);
}

type Request = MessageInitShape<typeof UploadTarRequestSchema>;
const tarStart: Request = { part: { case: "start", value: {} } };
const tarData = (value: Uint8Array): Request => ({ part: { case: "data", value } });

const failure = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call succeeded"),
    (cause) => readTypedError(cause),
  );

describe("bad archives fail with a typed error and leave no files", () => {
  const bad: [string, TarInput[]][] = [
    ["../escape", [{ name: "../escape", content: "x" }]],
    ["/etc/cron.d/job", [{ name: "/etc/cron.d/job", content: "x" }]],
    ["dev/sda", [{ name: "dev/sda", type: "block-device", devmajor: 8, devminor: 0 }]],
    [
      "l/job",
      [
        { name: "l", type: "symlink", linkname: "/etc/cron.d" },
        { name: "l/job", content: "x" },
      ],
    ],
    ["h", [{ name: "h", type: "link", linkname: "/etc/shadow" }]],
  ];
  test.each(protocols)("over %s", async (protocol) => {
    const { directory, client } = await startUploads();
    for (const [path, entries] of bad) {
      const tar = await makeTar([{ name: "large", content: Buffer.alloc(1 << 20, path) }, ...entries]);
      expect(await failure(uploadTar(client(protocol), inChunks(tar)))).toMatchObject({
        code: Code.InvalidArgument,
        reason: "UPLOAD_ENTRY_REFUSED",
        metadata: { path },
        remedy: expect.stringContaining(".dockerignore"),
      });
      expect(await filesIn(directory)).toEqual([]);
    }
  });

  test.each(protocols)("while the client is still sending, over %s", async (protocol) => {
    const { directory, client } = await startUploads();
    const tar = await makeTar([{ name: "../escape", content: "x" }]);
    let sent = 0;
    async function* endless() {
      yield tar.subarray(0, 1024);
      for (; sent < 4096; sent++) yield Buffer.alloc(64 << 10);
    }
    expect(await failure(uploadTar(client(protocol), endless()))).toMatchObject({
      reason: "UPLOAD_ENTRY_REFUSED",
    });
    expect(sent).toBeLessThan(4096);
    expect(await filesIn(directory)).toEqual([]);
  });

  test("a stream that ends early or fails at its sender", async () => {
    const { directory, client } = await startUploads();
    const tar = await makeTar([{ name: "large", content: Buffer.alloc(1 << 20) }]);
    const half = tar.subarray(0, 600_000);
    expect(await failure(uploadTar(client(), inChunks(half)))).toMatchObject({ reason: "UPLOAD_TRUNCATED" });
    async function* failing() {
      yield half;
      throw new Error("cannot read the archive");
    }
    await expect(uploadTar(client(), failing())).rejects.toThrow("cannot read the archive");
    await until("all files are deleted", async () => (await filesIn(directory)).length === 0);
  });

  test("a cache key that is too long", async () => {
    const { client } = await startUploads();
    const tar = await makeTar([]);
    const options = { cacheKey: "k".repeat(1025) };
    expect(await failure(uploadTar(client(), inChunks(tar), options))).toMatchObject({
      reason: "UPLOAD_CACHE_KEY_TOO_LONG",
      fields: [{ field: "cache_key" }],
    });
  });

  test.each([
    ["without a start", "UPLOAD_START_MISSING", [tarData(Buffer.from("x"))]],
    ["with a second start", "UPLOAD_START_LATE", [tarStart, tarData(Buffer.from("x")), tarStart]],
  ])("a stream %s", async (_, reason, requests) => {
    const { client } = await startUploads();
    async function* stream() {
      yield* requests;
    }
    expect(await failure(client().uploadTar(stream()))).toMatchObject({
      code: Code.InvalidArgument,
      reason,
      fields: [{ field: "start" }],
    });
  });
});

describe("clients that disconnect", () => {
  test.each(["aborts the call", "breaks the connection"])(
    "one that %s during an upload leaves no files",
    async (how) => {
      const { directory, client, socket } = await startUploads();
      const tar = await makeTar([{ name: "large", content: Buffer.alloc(1 << 20) }]);
      if (how === "aborts the call") {
        const stop = new AbortController();
        async function* stalls() {
          yield tar.subarray(0, 600_000);
          await until("the host to start writing", async () => (await filesIn(directory)).length === 1);
          stop.abort();
          await new Promise(() => {});
        }
        expect(await failure(uploadTar(client(), stalls(), { signal: stop.signal }))).toMatchObject({
          code: Code.Canceled,
        });
      } else {
        const connection = createConnection(socket);
        const session = connectHttp2("http://localhost", { createConnection: () => connection });
        session.on("error", () => {});
        const call = session.request({
          ":method": "POST",
          ":path": "/slipway.v1.UploadService/UploadTar",
          "content-type": "application/grpc",
          te: "trailers",
        });
        call.on("error", () => {});
        const send = (request: Request) => {
          const message = toBinary(UploadTarRequestSchema, create(UploadTarRequestSchema, request));
          const head = Buffer.alloc(5);
          head.writeUInt32BE(message.length, 1);
          call.write(Buffer.concat([head, message]));
        };
        send(tarStart);
        send(tarData(tar.subarray(0, 600_000)));
        await until("the host to start writing", async () => (await filesIn(directory)).length === 1);
        connection.destroy();
      }
      await until("all files are deleted", async () => (await filesIn(directory)).length === 0);
    },
  );

  test("an unfinished upload expires, and ids are random", async () => {
    const { directory, client, uploads } = await startUploads({ unfinishedIdleMs: 4000 });
    const tar = await makeTar([{ name: "large", content: Buffer.alloc(1 << 20) }]);
    const [one, other] = [await client().createUpload({}), await client().createUpload({})];
    expect(one.upload!.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(other.upload!.id.slice(0, 8)).not.toBe(one.upload!.id.slice(0, 8));
    await client().writeUpload({ id: one.upload!.id, data: tar.subarray(0, 600_000) });
    await until("it to be unpacked", async () => (await filesIn(directory)).length === 1);
    await until("it to expire", async () => (await filesIn(directory)).length === 0);
    expect(await failure(client().finishUpload({ id: one.upload!.id }))).toMatchObject({
      code: Code.NotFound,
      reason: "UPLOAD_NOT_FOUND",
    });
    expect(() => uploads.openUpload(other.upload!.id, localPrincipal)).toThrow(/expired/);
  });

  test("the next host deletes the incomplete files of a killed host", async () => {
    const folder = await tempDir();
    const first = await startUploadProcess(folder, "first");
    const context = await tempDir();
    await writeFile(join(context, "f"), "content");
    await uploadFolder(first.client, context, { env: { XDG_CACHE_HOME: folder } });
    const tar = await makeTar([{ name: "large", content: Buffer.alloc(1 << 20) }]);
    const { upload } = await first.client.createUpload({});
    await first.client.writeUpload({ id: upload!.id, data: tar.subarray(0, 600_000) });
    await until("it to be unpacked", async () => (await filesIn(first.directory)).length === 2);
    await first.kill();

    const next = await startUploadProcess(folder, "next");
    const digest = createHash("sha256").update("content").digest("hex");
    expect(await filesIn(next.directory)).toEqual([digest]);
    expect(await failure(next.client.finishUpload({ id: upload!.id }))).toMatchObject({
      reason: "UPLOAD_NOT_FOUND",
    });
    const again = await next.client.createUpload({
      manifest: true,
      entries: [{ path: "f", type: EntryType.FILE, digest: `sha256:${digest}`, sizeBytes: 7n }],
    });
    expect(again.missingDigests).toEqual([]);
  });
});

describe("calls over the wire", () => {
  test("the error for a chunk at a wrong offset has the expected one", async () => {
    const { client } = await startUploads();
    const { upload } = await client().createUpload({});
    const write = client().writeUpload({ id: upload!.id, offset: 5n, data: Buffer.from("x") });
    expect(await failure(write)).toMatchObject({
      code: Code.OutOfRange,
      reason: "UPLOAD_OFFSET_MISMATCH",
      metadata: { offset: "0" },
    });
  });

  test("the error for a refused manifest names the field, and its upload is deleted", async () => {
    const { client, directory } = await startUploads();
    const entries = [
      { path: "d", type: EntryType.DIRECTORY },
      { path: "d/../../etc", type: EntryType.DIRECTORY },
    ];
    expect(await failure(client().createUpload({ manifest: true, entries }))).toMatchObject({
      code: Code.InvalidArgument,
      reason: "UPLOAD_ENTRY_REFUSED",
      fields: [{ field: "entries[1].path" }],
    });
    expect(await failure(client().createUpload({ entries }))).toMatchObject({ reason: "UPLOAD_WRONG_KIND" });
    expect(await filesIn(directory)).toEqual([]);
  });

  test("the error for an incomplete manifest names what is missing, and wrong content is refused", async () => {
    const { client } = await startUploads();
    const digest = `sha256:${createHash("sha256").update("right").digest("hex")}`;
    const entries = [{ path: "f", type: EntryType.FILE, digest, sizeBytes: 5n }];
    const { upload, missingDigests } = await client().createUpload({ manifest: true, entries });
    expect(missingDigests).toEqual([digest]);
    const { id } = upload!;
    expect(await failure(client().finishUpload({ id }))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "UPLOAD_INCOMPLETE",
      message: expect.stringContaining('"f"'),
    });
    const blobs = [{ digest, sizeBytes: 5n, data: Buffer.from("wrong") }];
    expect(await failure(client().addBlobs({ id, blobs }))).toMatchObject({
      reason: "UPLOAD_DIGEST_MISMATCH",
      fields: [{ field: "blobs[0].data" }],
    });
    await client().addBlobs({ id, blobs: [{ ...blobs[0]!, data: Buffer.from("right") }] });
    expect((await client().finishUpload({ id })).upload).toMatchObject({ finished: true, sizeBytes: 5n });
  });

  test("the error for a file that changes during the upload names it", async () => {
    const { client, directory } = await startUploads();
    const context = await tempDir();
    const path = join(context, "changing");
    await writeFile(path, "before");
    const real = client();
    const changing = {
      ...real,
      async addBlobs(...args: Parameters<typeof real.addBlobs>) {
        const answer = await real.addBlobs(...args);
        await writeFile(path, "after!");
        return answer;
      },
    };
    const upload = uploadFolder(changing, context, { env: { XDG_CACHE_HOME: join(directory, "..") } });
    expect(await failure(upload)).toMatchObject({
      reason: "CONTEXT_CHANGED",
      metadata: { path: "changing" },
    });
  });
});
