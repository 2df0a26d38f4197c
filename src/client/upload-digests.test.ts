import { mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { folderSource } from "../inputs/files/folder-source.js";
import type { FileSource } from "../inputs/files/source.js";
import { DigestCache } from "./upload-digests.js";

let root: string;
let env: NodeJS.ProcessEnv;
let reads: string[];
let source: FileSource;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-digests-"));
  env = { XDG_CACHE_HOME: join(root, "cache") };
  reads = [];
  const real = await folderSource(root);
  source = {
    list: (folder) => real.list(folder),
    stat: (paths) => real.stat(paths),
    open(path) {
      reads.push(path);
      return real.open(path);
    },
  };
  await writeFile(join(root, "f"), "content");
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(root, { recursive: true });
});

/** Sets the clock ahead, so that files written now are old. */
const later = () => vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ["Date"] });

async function digest(path = "f"): Promise<string | undefined> {
  const cache = await DigestCache.load(root, env);
  const found = await cache.digest(source, path);
  await cache.save();
  return found?.digest;
}

test("reads a file once, and again when it has changed", async () => {
  later();
  const first = await digest();
  expect(first).toBe("sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
  expect(await digest()).toBe(first);
  expect(reads).toEqual(["f"]);
  // Same size and modification time: the inode's change time and number reveal the change.
  const { atime, mtime } = await stat(join(root, "f"));
  await writeFile(join(root, "g"), "CONTENT");
  await rename(join(root, "g"), join(root, "f"));
  await utimes(join(root, "f"), atime, mtime);
  expect(await digest()).not.toBe(first);
  expect(reads).toEqual(["f", "f"]);
});

test("does not cache a file that changed a moment ago", async () => {
  await digest();
  await digest();
  expect(reads).toEqual(["f", "f"]);
});

test("returns no digest for a folder or a missing file", async () => {
  expect(await digest("no-such")).toBeUndefined();
  expect(await digest("cache")).toBeUndefined();
});

test("treats a corrupt cache as empty, and lets only the user read it", async () => {
  later();
  const first = await digest();
  const folder = join(root, "cache/slipway/digests");
  const [name] = await readdir(folder);
  const file = join(folder, name!);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  for (const damaged of [
    "",
    "{}",
    '[["f"],null,["f",["7"]],1]',
    (await readFile(file, "utf8")).slice(0, 20),
  ]) {
    await writeFile(file, damaged);
    expect(await digest()).toBe(first);
  }
  expect(reads).toHaveLength(5);
});
