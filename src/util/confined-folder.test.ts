import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { ConfinedFolder } from "./confined-folder.js";
import { UnsafePathError } from "./folder-handles.js";

let base: string;
let outside: string;
let root: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "slipway-confined-"));
  outside = join(base, "outside");
  root = join(base, "root");
  await mkdir(outside);
  await mkdir(root);
  await writeFile(join(outside, "kept"), "kept");
  return () => rm(base, { recursive: true });
});

async function open(byHandle?: boolean): Promise<ConfinedFolder> {
  const folder = await ConfinedFolder.open(root, byHandle);
  onTestFinished(() => folder.close());
  return folder;
}

async function write(folder: ConfinedFolder, path: string, content = path): Promise<void> {
  const file = await folder.createFile(path);
  await file.writeFile(content);
  await file.close();
}

const files = async () =>
  (await readdir(root, { recursive: true, withFileTypes: true })).flatMap((entry) =>
    entry.isFile() ? join(entry.parentPath, entry.name).slice(root.length + 1) : [],
  );

describe.each([
  ["by handles", true],
  ["by paths", false],
])("%s", (_how, byHandle) => {
  it("names entries in errors by the paths that the user knows", async () => {
    const folder = await open(byHandle);
    await write(folder, "a/file");
    await expect(folder.createFile("a/file")).rejects.toThrow(`open '${join(root, "a/file")}'`);
    await expect(folder.rename("none", "a/to")).rejects.toThrow(
      `rename '${join(root, "none")}' -> '${join(root, "a/to")}'`,
    );
    await expect(folder.list("none")).rejects.toThrow(`'${join(root, "none")}'`);
  });

  it("creates, replaces and removes entries", async () => {
    const folder = await open(byHandle);
    const time = new Date("2020-01-02T03:04:05Z");
    await folder.makeFolder("./a//b/", 0o700);
    await folder.makeFolder("a/b");
    await write(folder, "a/b/file");
    await write(folder, "new/parents/file");
    await folder.hardLink("a/b/file", "a/same");
    await folder.symlink("../file", "a/b/link");
    await folder.setTime("a/b/link", time);
    await folder.setFolder("a/b", 0o750, time);
    expect((await stat(join(root, "a/same"))).nlink).toBe(2);
    expect(await readlink(join(root, "a/b/link"))).toBe("../file");
    expect((await folder.stat("a/b/link"))!.mtime).toEqual(time);
    expect((await stat(join(root, "a/b"))).mode & 0o777).toBe(0o750);
    expect((await stat(join(root, "a/b"))).mtime).toEqual(time);
    expect(await folder.stat("a/none")).toBeUndefined();
    expect((await folder.list("a")).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "b", isFolder: true },
      { name: "same", isFolder: false },
    ]);

    await folder.replace("a/same", (temporary) => write(folder, temporary, "replaced"));
    await folder.replace("a/b", (temporary) => write(folder, temporary, "was a folder"));
    await folder.replace("new/parents/file", (temporary) => folder.hardLink("new/parents/file", temporary));
    expect(await readFile(join(root, "a/b"), "utf8")).toBe("was a folder");
    expect((await files()).sort()).toEqual(["a/b", "a/same", "new/parents/file"]);
    const failed = folder.replace("a/b", async (temporary) => {
      await write(folder, temporary);
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect((await files()).sort()).toEqual(["a/b", "a/same", "new/parents/file"]);
    await folder.makeFolder("a/b");
    await write(folder, "a/b/again");
    await folder.remove("new");
    await folder.remove("new");
    expect((await files()).sort()).toEqual(["a/b/again", "a/same"]);
  });

  it.each(["/etc/evil", "../evil", "a/../../evil", "a/..", "..", "nul\0", "", "."])(
    "refuses the path %j",
    async (path) => {
      const folder = await open(byHandle);
      await expect(write(folder, path)).rejects.toThrow(UnsafePathError);
      await expect(folder.makeFolder(path)).rejects.toThrow(UnsafePathError);
      await expect(folder.remove(path)).rejects.toThrow(UnsafePathError);
      expect(await readdir(base)).toEqual(["outside", "root"]);
    },
  );

  it("follows no link inside the root", async () => {
    await symlink(outside, join(root, "link"));
    await symlink("link", join(root, "relative"));
    await writeFile(join(root, "file"), "");
    const folder = await open(byHandle);
    for (const above of ["link", "relative", "file"]) {
      for (const work of [
        () => write(folder, `${above}/evil`),
        () => folder.makeFolder(`${above}/evil`),
        () => folder.makeFolder(`${above}/a/b`),
        () => folder.symlink("/", `${above}/evil`),
        () => folder.hardLink("file", `${above}/evil`),
        () => folder.hardLink(`${above}/kept`, "stolen"),
        () => folder.rename("file", `${above}/evil`),
        () => folder.rename(`${above}/kept`, "stolen"),
        () => folder.remove(`${above}/kept`),
        () => folder.setFolder(above, 0o777),
        () => folder.setTime(`${above}/kept`, 0),
        () => folder.list(above),
      ])
        await expect(work()).rejects.toThrow(UnsafePathError);
    }
    expect(await readdir(outside)).toEqual(["kept"]);
    // Links are removed and replaced themselves.
    await folder.makeFolder("relative");
    await folder.remove("link");
    expect((await readdir(root)).sort()).toEqual(["file", "relative"]);
    expect(await readdir(outside)).toEqual(["kept"]);
  });

  it("does not use a removed folder whose path is a link now", async () => {
    const folder = await open(byHandle);
    await write(folder, "a/b/file");
    const other = await open(byHandle);
    await other.remove("a");
    await other.symlink(outside, "a");
    await expect(write(folder, "a/evil")).rejects.toThrow();
    await expect(write(folder, "a/b/evil")).rejects.toThrow();
    expect(await readdir(outside)).toEqual(["kept"]);
  });

  it("keeps few handles open, for many folders at the same time", async () => {
    const before = (await readdir("/proc/self/fd")).length;
    const folder = await open(byHandle);
    const paths = Array.from({ length: 200 }, (_, i) => `d${i % 100}/e/f${i}`);
    await Promise.all(paths.map((path) => write(folder, path)));
    expect((await files()).sort()).toEqual(paths.sort());
    expect((await readdir("/proc/self/fd")).length).toBeLessThan(before + 45);
    await folder.close();
    expect((await readdir("/proc/self/fd")).length).toBeLessThan(before + 5);
  });
});

it("never writes through a link that another thread puts in place of a folder", async () => {
  const swap = `
    const { mkdirSync, rmSync, symlinkSync } = require("node:fs");
    const { parentPort, workerData: { path, outside } } = require("node:worker_threads");
    const attempt = (work) => { try { work(); } catch {} };
    const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random());
    parentPort.postMessage("ready");
    for (;; pause()) {
      attempt(() => rmSync(path, { recursive: true, force: true }));
      attempt(() => symlinkSync(outside, path));
      pause();
      attempt(() => rmSync(path, { recursive: true, force: true }));
      attempt(() => mkdirSync(path));
    }`;
  const worker = new Worker(swap, { eval: true, workerData: { path: join(root, "d"), outside } });
  await once(worker, "message");
  const folder = await open();
  const count = { written: 0, refused: 0 };
  // How often the folder is there when it is written to depends on the machine's load, so the time is what ends this.
  for (const end = Date.now() + 2000; Date.now() < end; ) {
    const name = `d/f${count.written}`;
    await write(folder, name).then(
      () => (count.written += 1),
      () => (count.refused += 1),
    );
  }
  await worker.terminate();
  expect(await readdir(outside)).toEqual(["kept"]);
  expect(count.written + count.refused).toBeGreaterThan(0);
});
