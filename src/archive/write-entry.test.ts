import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { tarEntries } from "./tar-entries.js";
import { writeEntry } from "./write-entry.js";

/** An archive that nobody reads. */
const unread = () => pack().on("error", () => {});

const never = new AbortController().signal;

test("writes directories, links and files, whose content may come in chunks", async () => {
  const archive = pack();
  const files: Record<string, string> = {};
  const read = (async () => {
    for await (const { header, content } of tarEntries(archive as AsyncIterable<Uint8Array>, never))
      files[`${header.type} ${header.name}`] = String(await buffer(content));
  })();
  const big = Buffer.alloc(1 << 20, "a");
  await writeEntry(archive, { name: "folder", type: "directory" });
  await writeEntry(archive, { name: "link", type: "symlink", linkname: "folder" });
  await writeEntry(archive, { name: "empty" });
  await writeEntry(archive, { name: "big", size: 2 * big.length }, [big, big]);
  archive.finalize();
  await read;
  expect(Object.keys(files)).toEqual(["directory folder", "symlink link", "file empty", "file big"]);
  expect(files["file big"]).toHaveLength(2 * big.length);
});

test("rejects when the archive is destroyed, and when the content fails or has another size", async () => {
  const waiting = unread();
  const chunks = Array.from({ length: 100 }, () => Buffer.alloc(1 << 20));
  const blocked = writeEntry(waiting, { name: "a", size: 100 << 20 }, chunks);
  waiting.destroy(new Error("gone"));
  await expect(blocked).rejects.toThrow("gone");

  async function* failing() {
    yield Buffer.alloc(1);
    throw new Error("no more");
  }
  await expect(writeEntry(unread(), { name: "a", size: 2 }, failing())).rejects.toThrow("no more");
  await expect(writeEntry(unread(), { name: "a", size: 2 }, [Buffer.alloc(1)])).rejects.toThrow(
    "Size mismatch",
  );
});
