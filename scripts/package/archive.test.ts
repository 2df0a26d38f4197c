import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must, tempDir } from "../../test/lab/index.js";
import { type Entry, writeArchive } from "./archive.js";

const entries: Entry[] = [
  { path: "p/bin/run", executable: true, read: async () => Buffer.from("#!/bin/sh\n") },
  { path: "p/a.txt", read: async () => Buffer.from("a") },
  { path: "p/link", linkname: "bin/run" },
];
const mtime = new Date("2026-01-02T03:04:05Z");

test("entries are sorted, belong to root, and have the given time and plain modes", async () => {
  const archive = join(await tempDir(), "archive.tar.gz");
  await writeArchive(archive, entries, mtime);
  const { stdout } = await must("tar", ["-tvzf", archive, "--utc", "--full-time"]);
  expect(stdout.replace(/ +/g, " ").split("\n")).toEqual([
    "-rw-r--r-- root/root 1 2026-01-02 03:04:05 p/a.txt",
    "-rwxr-xr-x root/root 10 2026-01-02 03:04:05 p/bin/run",
    "lrwxrwxrwx root/root 0 2026-01-02 03:04:05 p/link -> bin/run",
    "",
  ]);
});

test("another order gives the same bytes", async () => {
  const folder = await tempDir();
  const [one, other] = [join(folder, "1"), join(folder, "2")];
  await writeArchive(one, entries, mtime);
  await writeArchive(other, entries.toReversed(), mtime);
  expect(await readFile(one)).toEqual(await readFile(other));
});

test("a file that cannot be read is an error", async () => {
  const unreadable: Entry = { path: "p/b", read: () => Promise.reject(new Error("unreadable")) };
  const written = writeArchive(join(await tempDir(), "archive"), [...entries, unreadable], mtime);
  await expect(written).rejects.toThrow("unreadable");
});

test("a full disk is an error", async () => {
  await expect(writeArchive("/dev/full", entries, mtime)).rejects.toMatchObject({ code: "ENOSPC" });
});
