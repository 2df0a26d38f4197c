import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packFile, writeZip } from "../../scripts/package/zip.js";
import { must, tempDir } from "../lab/index.js";

const mtime = new Date("2026-01-02T03:04:06Z");

test("unzip programs read names, contents, modes and times", async () => {
  const folder = await tempDir();
  const archive = join(folder, "archive.zip");
  const files = [
    { path: "p/größe.txt", bytes: Buffer.from("a".repeat(1000)) },
    { path: "p/run", executable: true, bytes: Buffer.from("#!/bin/sh\n") },
    { path: "p/empty", bytes: Buffer.alloc(0) },
  ];
  await writeZip(archive, await Promise.all(files.map(packFile)), mtime);
  const list =
    "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1]) as archive:\n" +
    " assert archive.testzip() is None\n for one in archive.infolist():\n" +
    "  print(one.filename, len(archive.read(one)), oct(one.external_attr >> 16), *one.date_time)";
  expect((await must("python3", ["-c", list, archive])).stdout.trim().split("\n")).toEqual([
    "p/größe.txt 1000 0o100644 2026 1 2 3 4 6",
    "p/run 10 0o100755 2026 1 2 3 4 6",
    "p/empty 0 0o100644 2026 1 2 3 4 6",
  ]);
  expect((await readFile(archive)).length).toBeLessThan(600);
});
