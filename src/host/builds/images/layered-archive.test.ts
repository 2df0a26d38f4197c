import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import { tarEntries } from "../../../archive/tar-entries.js";
import { LayeredArchive } from "./layered-archive.js";

const never = new AbortController().signal;
const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** An archive whose reader lacks every layer but those it has. */
function archiveFor(present: string[] = []) {
  const files = new Map<string, Buffer>();
  const documents: string[] = [];
  let reading = Promise.resolve();
  const archive = new LayeredArchive({
    onOpen(stream: Readable) {
      reading = (async () => {
        for await (const { header, content } of tarEntries(stream, never))
          files.set(header.name, await buffer(content));
      })();
      reading.catch(() => {});
    },
    isNeeded: async (digest) => !present.includes(digest),
    onDocument: (bytes) => documents.push(String(bytes)),
  });
  const write = async (bytes: Buffer) => {
    const blob = await archive.openIngest(digestOf(bytes), bytes.length, digestOf(bytes));
    for (let at = 0; at < bytes.length; at += 50_000) await blob.write(bytes.subarray(at, at + 50_000));
    await blob.commit(bytes.length, digestOf(bytes));
    archive.finish(blob);
  };
  return { archive, files, documents, write, read: () => reading };
}

it("becomes an archive of the layers that the reader lacks, and of the documents", async () => {
  const [one, two, known] = [1, 2, 3].map((byte) => Buffer.alloc(200_000, byte)) as [Buffer, Buffer, Buffer];
  const document = Buffer.from('{"layers":[]}');
  const { archive, files, documents, write, read } = archiveFor([digestOf(known)]);
  await Promise.all([write(one), write(two), write(document)]);
  await expect(write(known)).rejects.toThrow("already exists");
  await archive.end({ "index.json": "{}" });
  await read();
  const path = (bytes: Buffer) => `blobs/${digestOf(bytes).replace(":", "/")}`;
  expect([...files.keys()].sort()).toEqual([path(one), path(two), path(document), "index.json"].sort());
  expect(files.get(path(two))?.equals(two)).toBe(true);
  expect(documents).toEqual(['{"layers":[]}']);
});

it("fails the archive and every waiting file when a writer leaves", async () => {
  const { archive, read } = archiveFor();
  const open = (name: string) => archive.openIngest(name, 100_000, `sha256:${name}`);
  const first = await open("a");
  const waiting = [open("b"), open("c")];
  first.release();
  for (const file of waiting) await expect(file).rejects.toThrow("The image archive is incomplete.");
  await expect(read()).rejects.toThrow();
});

it("refuses a document whose digest differs", async () => {
  const { archive } = archiveFor();
  const blob = await archive.openIngest("a", 1, `sha256:${"0".repeat(64)}`);
  await blob.write(Buffer.from("x"));
  await expect(blob.commit(1, `sha256:${"0".repeat(64)}`)).rejects.toThrow("The digest of a is");
});

it("refuses bytes beyond the announced size at once", async () => {
  const { archive } = archiveFor();
  const digest = `sha256:${"0".repeat(64)}`;
  for (const total of [0, 10, 100_000]) {
    const blob = await archive.openIngest(`of ${total}`, total, digest);
    await expect(blob.write(Buffer.alloc(total + 1))).rejects.toThrow(`the announced ${total} bytes`);
  }
});

it("bounds the documents in memory", async () => {
  const { archive } = archiveFor();
  const open = async () => {
    for (let at = 0; at < 1000; at += 1) await archive.openIngest(`d${at}`, 64 << 10, `sha256:${at}`);
  };
  await expect(open()).rejects.toThrow("has more than 32 MiB, which is more than the host takes");
});

it("fails a file that is committed after the archive broke", async () => {
  let reader!: Readable;
  const archive = new LayeredArchive({
    onOpen(stream) {
      reader = stream;
    },
    isNeeded: async () => true,
    onDocument: () => {},
  });
  const bytes = Buffer.alloc(100_000, 1);
  const blob = await archive.openIngest("a", bytes.length, digestOf(bytes));
  await blob.write(bytes);
  reader.destroy(new Error("The engine is gone."));
  await once(reader, "close").catch(() => {});
  await expect(blob.commit(bytes.length, digestOf(bytes))).rejects.toThrow("The engine is gone.");
});
