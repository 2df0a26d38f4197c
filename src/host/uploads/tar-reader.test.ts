import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inChunks, makeTar, type TarInput } from "../../archive/make-tar.test-helper.js";
import { readTypedError } from "../../errors/typed-error.js";
import { localPrincipal } from "../access/principal.js";
import { BlobClaims } from "./blob-claims.js";
import { defaultUploadLimits, type UploadLimits } from "./limits.js";
import { quotasWith } from "./quotas.test-helper.js";
import { readTar } from "./tar-reader.js";
import type { Tree } from "./tree.js";
import { UploadBlobs } from "./upload-blobs.js";

let folder: string;
let store: UploadBlobs;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-tar-"));
  store = await UploadBlobs.open(folder, { bytes: 1e9, count: 1e6, ageMs: 1e9 });
});
afterEach(() => rm(folder, { recursive: true }));

async function read(
  bytes: Uint8Array,
  {
    limits,
    chunkSize,
    signal,
  }: { limits?: Partial<UploadLimits>; chunkSize?: number; signal?: AbortSignal } = {},
): Promise<Tree> {
  const claims = new BlobClaims(store, quotasWith(), localPrincipal);
  try {
    return await readTar(inChunks(bytes, chunkSize), {
      claims,
      limits: { ...defaultUploadLimits, ...limits },
      signal: signal ?? new AbortController().signal,
    });
  } catch (cause) {
    await claims.discard();
    throw cause;
  }
}

/** Returns the typed error of a refused archive, and checks that no file of it stays on disk. */
async function refusal(bytes: Uint8Array, options?: Parameters<typeof read>[1]) {
  const error = await read(bytes, options).then(
    () => expect.unreachable("the archive was accepted"),
    (cause) => readTypedError(cause),
  );
  expect(await filesOnDisk()).toEqual([]);
  return error;
}

async function filesOnDisk(): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function contentOf(tree: Tree, path: string): Promise<string> {
  const node = tree.get(path);
  if (node?.type !== "file") throw new Error(`${path} is not a file`);
  return readFile(store.path(node.digest), "utf8");
}

const before: TarInput = { name: "before.txt", content: "valid" };
const link = (name: string, linkname: string): TarInput => ({ name, type: "symlink", linkname });
const hardLink = (name: string, linkname: string): TarInput => ({ name, type: "link", linkname });

describe("refused entries", () => {
  test.each<[string, string, TarInput[]]>([
    ["an absolute path", "/etc/passwd", [{ name: "/etc/passwd", content: "x" }]],
    ["a path with ..", "../escape", [{ name: "../escape", content: "x" }]],
    ["a path with .. in the middle", "a/../../escape", [{ name: "a/../../escape", content: "x" }]],
    ["the path ..", "..", [{ name: "..", type: "directory" }]],
    ["a character device", "null", [{ name: "null", type: "character-device", devmajor: 1, devminor: 3 }]],
    ["a block device", "sda", [{ name: "sda", type: "block-device", devmajor: 8, devminor: 0 }]],
    ["a FIFO", "pipe", [{ name: "pipe", type: "fifo" }]],
    ["a file through a link to outside", "l/passwd", [link("l", "/etc"), { name: "l/passwd", content: "x" }]],
    ["a file through a link with ..", "l/f", [link("l", "../.."), { name: "l/f", content: "x" }]],
    [
      "a file through a link inside",
      "l/f",
      [{ name: "d", type: "directory" }, link("l", "d"), { name: "l/f" }],
    ],
    ["a folder through a link", "l/d", [link("l", "/tmp"), { name: "l/d", type: "directory" }]],
    ["a link through a link", "l/m", [link("l", "/tmp"), link("l/m", "x")]],
    [
      "a file below a file",
      "f/g",
      [
        { name: "f", content: "x" },
        { name: "f/g", content: "y" },
      ],
    ],
    ["a hard link to outside", "h", [hardLink("h", "/etc/passwd")]],
    ["a hard link with ..", "h", [hardLink("h", "../../etc/passwd")]],
    ["a hard link to a later file", "h", [hardLink("h", "later"), { name: "later", content: "x" }]],
    ["a hard link through a link", "h", [link("l", "/etc"), hardLink("h", "l/passwd")]],
    ["a hard link to a folder", "h", [{ name: "d", type: "directory" }, hardLink("h", "d")]],
    [
      "a file in place of a folder",
      "d",
      [
        { name: "d/f", content: "x" },
        { name: "d", content: "y" },
      ],
    ],
    ["a link without target", "l", [{ name: "l", type: "symlink", linkname: "", pax: { comment: "x" } }]],
    ["a name with a zero byte", "a\0b", [{ name: "x", pax: { path: "a\0b" } }]],
    ["a name that is too long for Linux", "n".repeat(256), [{ name: "n".repeat(256), content: "x" }]],
    ["a time out of range", "f", [{ name: "f", content: "x", pax: { mtime: "99999999999999.5" } }]],
    ["an invalid time", "f", [{ name: "f", content: "x", pax: { mtime: "soon" } }]],
    ["a sparse file", "s", [{ name: "s", content: "x", pax: { "GNU.sparse.major": "1" } }]],
  ])("%s", async (_, path, entries) => {
    const error = await refusal(await makeTar([before, ...entries]));
    expect(error).toMatchObject({ reason: "UPLOAD_ENTRY_REFUSED", metadata: expect.anything() });
    // The path as given if it is invalid, otherwise the clean path.
    expect(error.metadata?.path).toBe(path);
    expect(error.message).toContain(JSON.stringify(path));
  });

  test("an entry of unknown type", async () => {
    const tar = await makeTar([before, { name: "odd", content: "" }]);
    const header = tar.subarray(1024, 1536);
    header[156] = "V".charCodeAt(0);
    header.fill(" ", 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    expect(await refusal(tar)).toMatchObject({ reason: "UPLOAD_ENTRY_REFUSED", metadata: { path: "odd" } });
  });
});

/** Replaces one byte of the first header. */
function withByte(tar: Buffer, at: number, byte: number): Buffer {
  const sum = Number.parseInt(tar.toString("latin1", 148, 154), 8) - tar[at]! + byte;
  tar[at] = byte;
  tar.write(sum.toString(8).padStart(6, "0"), 148, "latin1");
  return tar;
}

test("names and targets that are not UTF-8 are kept", async () => {
  const file = withByte(await makeTar([{ name: "caf?.txt", content: "x" }]), 3, 0xe9);
  expect([...(await read(file)).root.children.keys()]).toEqual(["caf\udce9.txt"]);
  const linked = withByte(await makeTar([link("l", "?")]), 157, 0x80);
  expect((await read(linked)).get("l")).toMatchObject({ target: "\udc80" });
  const pax = await makeTar([{ name: "x", pax: { path: "a?b" } }]);
  pax[pax.indexOf("a?b") + 1] = 0xff;
  expect([...(await read(pax)).root.children.keys()]).toEqual(["a\udcffb"]);
  const long = `${"\u00e9".repeat(120)}/f`;
  expect((await read(await makeTar([{ name: long, content: "x" }]))).get(long)).toBeDefined();
});

describe("limits", () => {
  const files: TarInput[] = [
    { name: "a", content: "12345" },
    { name: "b", content: "12345" },
  ];
  test.each<[string, Partial<UploadLimits>]>([
    ["entries", { entries: 1 }],
    ["bytes of content", { contentBytes: 9 }],
    ["bytes of names", { textBytes: 1 }],
  ])("%s", async (_, limits) => {
    expect(await refusal(await makeTar(files), { limits })).toMatchObject({ reason: "UPLOAD_TOO_LARGE" });
  });

  test("length of a path", async () => {
    const path = `${"d/".repeat(3000)}f`;
    const tar = await makeTar([{ name: path, content: "x" }]);
    expect(await refusal(tar)).toMatchObject({ reason: "UPLOAD_ENTRY_REFUSED", message: /4096 bytes/ });
  });
});

describe("preserves", () => {
  test("modes, exact times, empty folders, links, long and non-ASCII names", async () => {
    const long = `${"deep-folder-name/".repeat(20)}${"n".repeat(200)}`;
    const tree = await read(
      await makeTar([
        { name: "./", type: "directory" },
        { name: "./bin/", type: "directory", mode: 0o2755 },
        { name: "./bin/tool", mode: 0o4711, content: "#!", pax: { mtime: "1700000000.123456789" } },
        { name: "bin//locked", mode: 0o200, content: "secret", pax: { mtime: "-1.5" } },
        { name: "empty/", type: "directory", mode: 0o1777, mtime: new Date(1_600_000_000_000) },
        link("abs", "/usr/bin/env"),
        link("up", "../../outside"),
        { name: "bin/tool2", type: "link", linkname: "./bin/tool" },
        { name: long, content: "long" },
        { name: "žluťoučký/🐎/файл", content: "utf" },
        { name: "none", content: "" },
      ]),
    );
    expect(tree.get("bin")).toMatchObject({ type: "directory", mode: 0o2755 });
    expect(tree.get("bin/tool")).toMatchObject({
      mode: 0o4711,
      mtimeNs: 1_700_000_000_123_456_789n,
      size: 2,
    });
    expect(tree.get("bin/locked")).toMatchObject({ mode: 0o200, mtimeNs: -1_500_000_000n });
    expect(await contentOf(tree, "bin/locked")).toBe("secret");
    expect(tree.get("empty")).toMatchObject({
      type: "directory",
      mode: 0o1777,
      mtimeNs: 1_600_000_000_000_000_000n,
    });
    expect(tree.get("abs")).toMatchObject({ type: "symlink", target: "/usr/bin/env" });
    expect(tree.get("up")).toMatchObject({ type: "symlink", target: "../../outside" });
    expect(tree.get("bin/tool2")).toBe(tree.get("bin/tool"));
    expect(tree.get("bin/tool")).toHaveProperty("inode", "1");
    expect(await contentOf(tree, long)).toBe("long");
    expect(await contentOf(tree, "žluťoučký/🐎/файл")).toBe("utf");
    expect(tree.get("none")).toMatchObject({ type: "file", size: 0 });
    expect(tree.get("žluťoučký")).toMatchObject({ type: "directory", mode: 0o755 });
  });

  test("the last of several entries with the same path", async () => {
    const tree = await read(
      await makeTar([
        { name: "f", content: "first" },
        { name: "f", content: "second" },
        link("l", "/etc"),
        { name: "l", type: "directory" },
        { name: "l/f", content: "now in a folder" },
        { name: "d/keep", content: "kept" },
        { name: "d", type: "directory", mode: 0o700 },
      ]),
    );
    expect(await contentOf(tree, "f")).toBe("second");
    expect(await contentOf(tree, "l/f")).toBe("now in a folder");
    expect(tree.get("d")).toMatchObject({ mode: 0o700 });
    expect(await contentOf(tree, "d/keep")).toBe("kept");
    expect(tree).toMatchObject({ entries: 5, size: 6 + 15 + 4 });
  });

  test("an empty archive", async () => {
    expect((await read(await makeTar([]))).entries).toBe(0);
  });
});

describe("streams", () => {
  const large = Buffer.alloc(300_000, "0123456789abcdef");
  const entries: TarInput[] = [
    { name: "large", content: large, pax: { mtime: "1.5" } },
    { name: "small", content: "s" },
    { name: "zeros", content: Buffer.alloc(2048) },
  ];

  test("chunks of any size", async () => {
    const tar = await makeTar(entries);
    for (const chunkSize of [101, 511, 512, 513, 100_000]) {
      const tree = await read(tar, { chunkSize });
      expect(await contentOf(tree, "large")).toBe(large.toString());
    }
  });

  test("gzip, also with several members", async () => {
    const tar = await makeTar(entries);
    const zipped = Buffer.concat([gzipSync(tar.subarray(0, 1000)), gzipSync(tar.subarray(1000))]);
    for (const chunkSize of [1000, 64 << 10])
      expect(await contentOf(await read(zipped, { chunkSize }), "small")).toBe("s");
  });

  test("a stream that ends early at any point is not read as a smaller archive", async () => {
    const tar = await makeTar(entries.slice(1));
    const end = tar.length - 1024;
    for (let length = 0; length <= end; length += 256)
      expect(await refusal(tar.subarray(0, length)), `cut at ${length}`).toMatchObject({
        reason: "UPLOAD_TRUNCATED",
      });
    await read(tar.subarray(0, end + 512));
  });

  test("truncated or damaged gzip", async () => {
    const zipped = gzipSync(await makeTar(entries));
    expect(await refusal(zipped.subarray(0, zipped.length - 9))).toMatchObject({
      reason: "UPLOAD_TRUNCATED",
    });
    expect(await refusal(zipped.subarray(0, 5))).toMatchObject({ reason: "UPLOAD_TRUNCATED" });
    zipped[zipped.length - 6]! ^= 1;
    expect(await refusal(zipped)).toMatchObject({ reason: "UPLOAD_TAR_INVALID", message: /gzip/ });
  });

  test("data that is not an archive", async () => {
    expect(await refusal(Buffer.from("FROM scratch\n".repeat(100)))).toMatchObject({
      reason: "UPLOAD_TAR_INVALID",
    });
    const xz = Buffer.concat([Buffer.from("fd377a585a00", "hex"), Buffer.alloc(600)]);
    expect(await refusal(xz)).toMatchObject({ reason: "UPLOAD_TAR_INVALID", message: /xz/ });
  });

  test("a source that fails within or between entries", async () => {
    const tar = await makeTar(entries);
    for (const length of [100, 200_000, tar.length]) {
      async function* source() {
        yield tar.subarray(0, length);
        throw new Error("the client disconnected");
      }
      const claims = new BlobClaims(store, quotasWith(), localPrincipal);
      const target = { claims, limits: defaultUploadLimits, signal: new AbortController().signal };
      await expect(readTar(source(), target)).rejects.toThrow("the client disconnected");
      await claims.discard();
      expect(await filesOnDisk()).toEqual([]);
    }
  });

  test("an abort while the source waits", async () => {
    const tar = await makeTar(entries);
    const stop = new AbortController();
    async function* source() {
      yield tar.subarray(0, 200_000);
      setTimeout(() => stop.abort(new Error("aborted")), 20);
      await new Promise(() => {});
    }
    const claims = new BlobClaims(store, quotasWith(), localPrincipal);
    const target = { claims, limits: defaultUploadLimits, signal: stop.signal };
    await expect(readTar(source(), target)).rejects.toThrow("aborted");
    await claims.discard();
    expect(await filesOnDisk()).toEqual([]);
    await expect(readTar(source(), target)).rejects.toThrow("aborted");
  });
});

test("a tree that is kept does not keep the call that it came from", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const archive = await makeTar([{ name: "file", content: "content" }]);
  const call = async () => {
    const { signal } = new AbortController();
    return { tree: await read(archive, { signal }), signal: new WeakRef(signal) };
  };
  const { tree, signal } = await call();
  // A weak reference that was just made is strong until the end of this turn of the event loop.
  await new Promise(setImmediate);
  collect();
  expect(signal.deref()).toBeUndefined();
  expect(tree.root.children.size).toBe(1);
});
