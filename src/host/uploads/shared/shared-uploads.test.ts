import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { beforeEach, expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { BlobSchema, EntryType, ManifestEntrySchema } from "../../../gen/slipway/v1/upload_pb.js";
import type { Principal } from "../../access/principal.js";
import { limitsWith } from "../../quotas/limits.js";
import { Keyring } from "../../sealing/keyring.js";
import { digestOf } from "../upload-blobs.js";
import { Uploads, type UploadsOptions } from "../uploads.js";
import { openSharedStore } from "./open-store.js";
import { SharedUploads } from "./shared-uploads.js";

const ann: Principal = { id: "token:ann", role: "builder", groups: ["team"] };
const bob: Principal = { id: "token:bob", role: "builder", groups: [] };
const keyring = new Keyring([Buffer.alloc(32, 7)]);

let folder: string;
let place: string;
let open: Uploads[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-shared-"));
  place = join(folder, "shared");
  open = [];
  return async () => {
    await Promise.all(open.map((uploads) => uploads.close()));
    await rm(folder, { recursive: true });
  };
});

/** The uploads of a host. */
async function host(name: string, keys = keyring, options: Partial<UploadsOptions> = {}): Promise<Uploads> {
  const shared = new SharedUploads(await openSharedStore(place), keys);
  const uploads = await Uploads.open({ folder: join(folder, name), shared, ...options });
  open.push(uploads);
  return uploads;
}

/** Sends an upload with two files of the same content, a large one and a link. */
async function send(uploads: Uploads): Promise<string> {
  const { id } = uploads.create("manifest", "project", ann);
  const [text, large] = [Buffer.from("content of a"), Buffer.alloc(3 << 20, "large")];
  const file = (path: string, data: Buffer) =>
    create(ManifestEntrySchema, {
      path,
      type: EntryType.FILE,
      mode: 0o644,
      digest: digestOf(data),
      sizeBytes: BigInt(data.length),
    });
  const entries = [
    create(ManifestEntrySchema, { path: "folder", type: EntryType.DIRECTORY, mode: 0o755 }),
    ...[file("folder/a", text), file("same", text), file("large", large)],
  ];
  await uploads.addToManifest(id, entries, [], ann);
  const blobs = [text, large].map((data) =>
    create(BlobSchema, { digest: digestOf(data), sizeBytes: BigInt(data.length), data }),
  );
  await uploads.addToManifest(id, [], blobs, ann);
  await uploads.finish(id, ann);
  return id;
}

/** Sends an upload with so many files of the same content. */
async function sendFiles(uploads: Uploads, count: number, nameOf = (index: number) => `file-${index}`) {
  const { id } = uploads.create("manifest", "project", ann);
  const data = Buffer.from("content");
  const common = {
    type: EntryType.FILE,
    mode: 0o644,
    digest: digestOf(data),
    sizeBytes: BigInt(data.length),
  };
  const entries = Array.from({ length: count }, (_, index) =>
    create(ManifestEntrySchema, { ...common, path: nameOf(index) }),
  );
  const blob = create(BlobSchema, { ...common, data });
  await uploads.addToManifest(id, entries, [blob], ann);
  return id;
}

/** The first frames of a stored upload, each with its length. */
function framesOf(object: Buffer, count: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 4; frames.length < count; at += frames.at(-1)!.length)
    frames.push(object.subarray(at, at + 4 + object.readUInt32BE(at)));
  return frames;
}

async function readAll(uploads: Uploads, id: string, path: string): Promise<Buffer> {
  const { source, release } = uploads.openUpload(id, ann);
  const file = await source.open(path);
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(1 << 20);
    const read = await file.read(part);
    if (read === 0) break;
    parts.push(part.subarray(0, read));
  }
  await file.close();
  release();
  return Buffer.concat(parts);
}

/** The share of the longest time without other events in the time that some work takes. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  let [last, longest] = [begin, 0];
  let timer: NodeJS.Immediate;
  const turn = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    timer = setImmediate(turn);
  };
  turn();
  await work();
  clearImmediate(timer!);
  return Math.max(longest, performance.now() - last) / (performance.now() - begin);
}

const reasonOf = (work: () => unknown) => {
  try {
    work();
    return undefined;
  } catch (cause) {
    return readTypedError(cause).reason;
  }
};

it("another host has the files of an upload, for its owner alone", async () => {
  const [first, other] = [await host("first"), await host("other")];
  const id = await send(first);
  await other.fetch(id, bob);
  expect(reasonOf(() => other.openUpload(id, ann))).toBe("UPLOAD_NOT_FOUND");
  await Promise.all([other.fetch(id, ann), other.fetch(id, bob), other.fetch(id, ann)]);
  expect(reasonOf(() => other.openUpload(id, bob))).toBe("UPLOAD_NOT_FOUND");
  expect((await readAll(other, id, "folder/a")).toString()).toBe("content of a");
  expect(await readAll(other, id, "same")).toEqual(await readAll(first, id, "same"));
  expect((await readAll(other, id, "large")).equals(Buffer.alloc(3 << 20, "large"))).toBe(true);
  const opened = other.openUpload(id, ann);
  expect(await opened.source.stat(["same"])).toEqual(await first.openUpload(id, ann).source.stat(["same"]));
  expect(opened.cacheKey).toBe("project");
});

it("what its host removes is removed for all; what it leaves when it stops is there", async () => {
  const first = await host("first");
  const [removed, left] = [await send(first), await send(first)];
  await first.delete(removed, ann);
  await expect.poll(() => readdir(place)).toEqual([left]);
  await first.close();
  const other = await host("other");
  await other.fetch(left, ann);
  expect((await readAll(other, left, "same")).toString()).toBe("content of a");
});

it("an upload that is damaged, changed, or stored without the key is refused", async () => {
  const [first, other] = [await host("first"), await host("other")];
  const [id, second] = [await send(first), await send(first)];
  const bytes = await readFile(join(place, id));
  const fetched = async (content: Uint8Array) => {
    await writeFile(join(place, id), content);
    await other.fetch(id, ann).catch((cause) => {
      throw new Error(readTypedError(cause).reason);
    });
    return reasonOf(() => other.openUpload(id, ann));
  };
  const changed = Buffer.from(bytes);
  changed[changed.length - 1]! ^= 1;
  await expect(fetched(changed)).rejects.toThrow("UPLOADS_UNAVAILABLE");
  await expect(fetched(bytes.subarray(0, -1))).rejects.toThrow("UPLOADS_UNAVAILABLE");
  await expect(fetched(Buffer.from([0, 0]))).rejects.toThrow("UPLOADS_UNAVAILABLE");
  expect(await fetched(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toBe("UPLOAD_NOT_FOUND");
  // The description of another one.
  expect(await fetched(await readFile(join(place, second)))).toBe("UPLOAD_NOT_FOUND");
  const keyless = await host("keyless", new Keyring());
  const plain = await send(keyless);
  await other.fetch(plain, ann).catch(() => {});
  expect(reasonOf(() => other.openUpload(plain, ann))).toBe("UPLOAD_NOT_FOUND");
  expect(await fetched(bytes)).toBeUndefined();
  await other.fetch("../first", ann);
  expect((await readdir(join(folder, "other", "staging"))).length).toBe(0);
});

it("its parts are refused in another order, from another upload, twice, left out and cut off", async () => {
  const [first, other] = [await host("first"), await host("other")];
  const [id, second] = [await sendFiles(first, 1500), await sendFiles(first, 1500)];
  await Promise.all([first.finish(id, ann), first.finish(second, ann)]);
  const bytes = await readFile(join(place, id));
  const [head, one, two, three] = framesOf(bytes, 4) as [Buffer, Buffer, Buffer, Buffer];
  const foreign = framesOf(await readFile(join(place, second)), 2)[1]!;
  const content = bytes.subarray(4 + head.length + one.length + two.length + three.length);
  const fetched = async (...frames: Buffer[]) => {
    await writeFile(join(place, id), Buffer.concat([bytes.subarray(0, 4), ...frames]));
    return other.fetch(id, ann).then(
      () => undefined,
      (cause) => readTypedError(cause).reason,
    );
  };
  for (const frames of [
    [head, two, one, three, content],
    [head, foreign, two, three, content],
    [head, one, one, two, three, content],
    [head, one, three, content],
    [head, one, two, content],
    [head, one, two],
    [head],
  ])
    expect(await fetched(...frames)).toBe("UPLOADS_UNAVAILABLE");
  expect(reasonOf(() => other.openUpload(id, ann))).toBe("UPLOAD_NOT_FOUND");
  expect(await fetched(head, one, two, three, content)).toBeUndefined();
  expect((await readAll(other, id, "file-1499")).toString()).toBe("content");

  // Without a key anybody can write a part without entries.
  const keyless = await host("keyless", new Keyring());
  const plain = await sendFiles(keyless, 1);
  await keyless.finish(plain, ann);
  const object = await readFile(join(place, plain));
  const [plainHead] = framesOf(object, 1) as [Buffer];
  await writeFile(join(place, plain), Buffer.concat([object.subarray(0, 4), plainHead, Buffer.alloc(400)]));
  const another = await host("another", new Keyring());
  await expect(another.fetch(plain, ann)).rejects.toThrow("is damaged");
});

it("whose it is and whether there is room is checked before its entries are read", async () => {
  const first = await host("first");
  const id = await sendFiles(first, 1000);
  await first.finish(id, ann);
  const [head] = framesOf(await readFile(join(place, id)), 1) as [Buffer];
  // Whoever reads on finds nothing.
  await truncate(join(place, id), 4 + head.length);
  const limits = limitsWith({ "principal-uploads": 1 });
  const other = await host("other", keyring, { limits });
  await other.fetch(id, bob);
  await expect(other.fetch(id, ann)).rejects.toThrow("is incomplete");
  other.create("manifest", "", ann);
  expect(readTypedError(await other.fetch(id, ann).catch((cause) => cause)).reason).toBe("QUOTA_EXCEEDED");
});

it("one with many files and long names is shared and fetched while the host goes on", async () => {
  const [first, other] = [await host("first"), await host("other")];
  const id = await sendFiles(first, 40_000, (index) => `file-${index}-${"x".repeat(index % 200)}`);
  expect(await longestTurn(() => first.finish(id, ann))).toBeLessThan(0.5);
  const { source } = first.openUpload(id, ann);
  expect(await longestTurn(() => other.fetch(id, ann))).toBeLessThan(0.5);
  const last = ["file-39999-".padEnd(210, "x")];
  expect(await other.openUpload(id, ann).source.stat(last)).toEqual(await source.stat(last));
  expect((await readAll(other, id, last[0]!)).toString()).toBe("content");
});

it("what is stored of one with deep folders is not much longer than their names", async () => {
  const first = await host("first");
  const { id } = first.create("manifest", "project", ann);
  const names = Array.from({ length: 400 }, () => "d");
  const folders = names.map((_, depth) => names.slice(0, depth + 1).join("/"));
  const data = Buffer.from("content");
  const common = { mode: 0o755, digest: digestOf(data), sizeBytes: BigInt(data.length) };
  const entries = [
    ...folders.map((path) => create(ManifestEntrySchema, { path, type: EntryType.DIRECTORY, mode: 0o700 })),
    ...Array.from({ length: 3000 }, (_, index) => `${folders.at(-1)}/${index}`).map((path) =>
      create(ManifestEntrySchema, { ...common, path, type: EntryType.FILE }),
    ),
    // Behind the deep ones, so that the numbers of folders count on.
    create(ManifestEntrySchema, { path: "last", type: EntryType.DIRECTORY, mode: 0o711 }),
    create(ManifestEntrySchema, { ...common, path: "last/file", type: EntryType.FILE }),
  ];
  await first.addToManifest(id, entries, [create(BlobSchema, { ...common, data })], ann);
  await first.finish(id, ann);
  await first.openUpload(id, ann).keep();
  const kept = await readFile(join(folder, "first", "trees", id));
  expect([(await readFile(join(place, id))).length, kept.length].every((bytes) => bytes < 1 << 20)).toBe(
    true,
  );
  const other = await host("other");
  await other.fetch(id, ann);
  const { source } = other.openUpload(id, ann);
  const found = await source.stat([`${folders.at(-1)}/2999`, "last/file"]);
  expect(found.map((entry) => entry?.size)).toEqual([data.length, data.length]);
});

it("a store that is away is an error, and the upload can be finished later; old objects are removed", async () => {
  const first = await host("first");
  await rm(place, { recursive: true });
  const id = await send(first).then(
    () => expect.unreachable(),
    (cause) => cause,
  );
  expect(readTypedError(id).reason).toBe("UPLOADS_UNAVAILABLE");
  await openSharedStore(place);
  const before = new Date(Date.now() - 8 * 24 * 3_600_000);
  for (const name of [randomUUID(), `${randomUUID()}.new`, "of somebody else"]) {
    await writeFile(join(place, name), "");
    await utimes(join(place, name), before, before);
  }
  const kept = await send(first);
  const store = await openSharedStore(place);
  expect((await readdir(place)).sort()).toEqual([kept, "of somebody else"].sort());

  // Whoever can write to the folder cannot hold up the host, or have it read other files.
  const [pipe, link] = [randomUUID(), randomUUID()];
  execFileSync("mkfifo", [join(place, pipe)]);
  await symlink(join(place, "of somebody else"), join(place, link));
  await expect(store.get(pipe)).rejects.toThrow("is not a file");
  await expect(store.get(link)).rejects.toThrow("ELOOP");

  for (const bad of [
    ...["s3://", "s3://user@bucket/", "s3://bucket?endpoint=nonsense"],
    "s3://bucket?endpoint=http://minio.example:9000",
  ])
    await expect(openSharedStore(bad)).rejects.toThrow("is not the URL of a bucket");
});
