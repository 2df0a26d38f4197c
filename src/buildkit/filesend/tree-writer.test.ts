import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StatSchema } from "../../gen/fsutil/types/wire_pb.js";
import { goMode } from "../../inputs/files/file-mode.js";
import { nameBytes } from "../../util/file-name.js";
import { type TreeEntry, treeEntry } from "../filesync/packet.js";
import { TreeWriter } from "./tree-writer.js";

let folder: string;
let dest: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-tree-"));
  dest = join(folder, "dest");
});
afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.close()));
  await rm(folder, { recursive: true });
});

const writers: TreeWriter[] = [];

async function openWriter(): Promise<TreeWriter> {
  const writer = await TreeWriter.open(dest);
  writers.push(writer);
  return writer;
}

const at = (path: string, mode: number, linkname = ""): TreeEntry => {
  const names = { path: nameBytes(path), linkname: nameBytes(linkname) };
  return treeEntry(create(StatSchema, { ...names, mode, modTime: 1_600_000_000_000_000_000n }));
};
const dir = (path: string) => at(path, (goMode.dir | 0o755) >>> 0);
const file = (path: string) => at(path, 0o640);
const link = (path: string, target: string) => at(path, goMode.symlink | 0o777, target);

async function put(writer: TreeWriter, stat: TreeEntry, content: string): Promise<void> {
  const incoming = await writer.add(stat);
  await incoming!.write(Buffer.from(content));
  await incoming!.finish();
}

describe("refuses unsafe entries", () => {
  test.each(["", ".", "..", "../x", "a/../../x", "/x", "./x", "a//b", "a/", "a\0b"])("%j", async (path) => {
    const writer = await openWriter();
    await writer.add(dir("a"));
    await expect(writer.add(file(path))).rejects.toThrow("unsafe path");
  });

  test("below a link, without a parent, sent twice, and hard links to unknown files", async () => {
    const writer = await openWriter();
    await writer.add(link("l", folder));
    await expect(writer.add(file("l/x"))).rejects.toThrow("without its folder");
    await expect(writer.add(file("none/x"))).rejects.toThrow("without its folder");
    await writer.add(dir("d"));
    await expect(writer.add(link("d", folder))).rejects.toThrow("twice");
    await expect(writer.add(at("h", 0o644, "../outside"))).rejects.toThrow("unknown");
    await expect(writer.add(at("h", 0o644, "l"))).rejects.toThrow("unknown");
  });
});

test("replaces existing links and follows none", async () => {
  const outside = join(folder, "outside");
  await mkdir(outside);
  await writeFile(join(outside, "f"), "untouched");
  await mkdir(dest);
  await symlink(outside, join(dest, "d"));
  await symlink(join(outside, "f"), join(dest, "f"));
  const writer = await openWriter();
  await writer.add(dir("d"));
  await put(writer, file("d/f"), "new");
  await put(writer, file("f"), "new too");
  await writer.finish({ mirror: false });
  expect(await readFile(join(outside, "f"), "utf8")).toBe("untouched");
  expect(await readFile(join(dest, "d/f"), "utf8")).toBe("new");
  expect(await readFile(join(dest, "f"), "utf8")).toBe("new too");
  expect((await lstat(join(dest, "d"))).isDirectory()).toBe(true);
});

describe("writes nothing outside of the folder if another transfer replaces a folder by a link", () => {
  let outside: string;
  let first: TreeWriter;
  let second: TreeWriter;

  beforeEach(async () => {
    outside = join(folder, "outside");
    await mkdir(outside, { mode: 0o755 });
    await writeFile(join(outside, "kept"), "untouched");
    first = await openWriter();
    second = await openWriter();
    await first.add(dir("d"));
  });

  afterEach(async () => {
    expect(await readdir(outside)).toEqual(["kept"]);
    expect(await readFile(join(outside, "kept"), "utf8")).toBe("untouched");
    const { mode, mtimeMs } = await lstat(outside);
    expect(mode & 0o777).toBe(0o755);
    expect(mtimeMs).toBeGreaterThan(1_600_000_000_000);
  });

  test("in new entries", async () => {
    await second.add(link("d", outside));
    await expect(put(first, file("d/new"), "x")).rejects.toThrow();
    await expect(first.add({ ...dir("d/folder"), mode: (goMode.dir | 0o700) >>> 0 })).rejects.toThrow();
    await expect(first.add(link("d/link", "kept"))).rejects.toThrow();
  });

  test("when it moves a complete file over an existing one", async () => {
    await writeFile(join(dest, "d/kept"), "old");
    const incoming = await first.add(file("d/kept"));
    await incoming!.write(Buffer.from("part"));
    await second.add(link("d", outside));
    await expect(incoming!.finish()).rejects.toThrow();
    await first.abort();
  });

  test("in hard links", async () => {
    await put(first, file("f"), "x");
    await first.add(at("d/kept", 0o640, "f"));
    await second.add(link("d", outside));
    await expect(first.finish({ mirror: true })).rejects.toThrow();
  });

  test("in removals, and modes and times of folders", async () => {
    await second.add(link("d", outside));
    await expect(first.finish({ mirror: true })).rejects.toThrow("not a folder");
  });
});

test("replaces entries of other types, sets times and modes, and removes other files only if mirrored", async () => {
  await mkdir(join(dest, "was-dir/deep"), { recursive: true });
  await writeFile(join(dest, "was-file"), "");
  await writeFile(join(dest, "extra"), "");
  for (const mirror of [false, true]) {
    const writer = await openWriter();
    await put(writer, file("was-dir"), "x");
    await writer.add(dir("was-file"));
    await put(writer, file("was-file/in"), "y");
    await writer.add(at("was-file/same", 0o640, "was-dir"));
    await writer.add(link("was-link", "was-dir"));
    await writer.finish({ mirror });
    const rest = mirror ? [] : ["extra"];
    expect((await readdir(dest)).sort()).toEqual([...rest, "was-dir", "was-file", "was-link"]);
  }
  const [made, same] = [await lstat(join(dest, "was-dir")), await lstat(join(dest, "was-file/same"))];
  expect(made).toMatchObject({ nlink: 2, ino: same.ino, mtimeMs: 1_600_000_000_000 });
  expect(made.mode & 0o777).toBe(0o640);
  expect((await lstat(join(dest, "was-file"))).mtimeMs).toBe(1_600_000_000_000);
  expect(await readlink(join(dest, "was-link"))).toBe("was-dir");
});

test("removes incomplete files and keeps those that they would have replaced", async () => {
  await mkdir(dest);
  await writeFile(join(dest, "old"), "old");
  const writer = await openWriter();
  for (const name of ["new", "old"]) await (await writer.add(file(name)))!.write(Buffer.from("part"));
  await writer.abort();
  expect(await readdir(dest)).toEqual(["old"]);
  expect(await readFile(join(dest, "old"), "utf8")).toBe("old");
});
