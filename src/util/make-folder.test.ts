import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeFolder } from "./make-folder.js";

it("creates folders, and fails where none can be created", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-folder-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await makeFolder(join(folder, "a/b"));
  await makeFolder(join(folder, "a/b"));
  expect(await readdir(join(folder, "a"))).toEqual(["b"]);
  await writeFile(join(folder, "file"), "");
  await expect(makeFolder(join(folder, "file"))).rejects.toThrow("EEXIST");
  await expect(makeFolder(join(folder, "file/b"))).rejects.toThrow("ENOTDIR");
  await expect(makeFolder("/proc/none/here")).rejects.toThrow("ENOENT");
});

it("several callers at once create the same folders", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-folder-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (let round = 0; round < 100; round += 1) {
    const path = join(folder, `${round}/a/b/c`);
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
  }
});
