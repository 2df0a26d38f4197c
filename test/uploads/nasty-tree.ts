import { createHash } from "node:crypto";
import { chmod, link, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileSource, SourceEntry } from "../../src/inputs/files/source.js";
import { walk } from "../../src/inputs/files/walk.js";
import { must } from "../lab/index.js";

/** Fills a folder with unusual but valid contents. */
export async function makeNastyTree(root: string): Promise<void> {
  const at = (path: string) => join(root, path);
  const deep = `${"a-folder-name-of-some-length/".repeat(20)}end`;
  for (const path of ["bin", "empty", "a", "žluťoučký/🐎", "\uffef", deep])
    await mkdir(at(path), { recursive: true });
  const files: Record<string, string | Buffer> = {
    Dockerfile: "FROM scratch\nCOPY . /\n",
    "bin/tool": "#!/bin/sh\n",
    "bin/setuid": "s",
    "bin/locked": "nobody may read this",
    nothing: "",
    "a/b": "in a folder",
    "a-b": "sorts after a/b",
    "a.b": "and so does this",
    "žluťoučký/🐎/кінь": "astral",
    "\uffef/after": "sorts before the horse in UTF-8, after it in UTF-16",
    "new\nline": "in a name",
    "back\\slash": "in a name",
    " blanks ": "at both ends",
    "-rf": "like an option",
    ["n".repeat(255)]: "the longest name",
    [`${deep}/file`]: "deep down",
    large: Buffer.alloc(5 << 20, "not all the same, "),
    "large.copy": Buffer.alloc(5 << 20, "not all the same, "),
  };
  for (const [path, content] of Object.entries(files)) await writeFile(at(path), content);
  await link(at("bin/tool"), at("bin/tool-hard-link"));
  await link(at("bin/tool"), at("a/other-hard-link"));
  const links = {
    absolute: "/usr/bin/env",
    up: "../../outside",
    dangling: "no/such",
    loop: "loop",
    "to-folder": "bin",
  };
  for (const [path, target] of Object.entries(links)) await symlink(target, at(path));
  await chmod(at("bin/tool"), 0o755);
  await chmod(at("bin/setuid"), 0o6711);
  await chmod(at("bin/locked"), 0o000);
  await chmod(at("empty"), 0o1777);
  // Node's utimes takes a double, which cannot represent nanoseconds.
  const touch = (time: string, ...paths: string[]) => must("touch", ["-h", "-d", time, ...paths.map(at)]);
  await touch("2021-02-03 04:05:06.123456789 UTC", "bin/tool", "absolute", "empty");
  await touch("1969-12-31 23:59:58.25 UTC", "nothing");
  await touch("2200-01-01 00:00:00.000000001 UTC", "a/b");
}

/** Everything that BuildKit receives from a source, by path; hard links of a file share an "inode". */
export async function snapshot(source: FileSource): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const inodes = new Map<string, string>();
  const visit = async (path: string, entry: SourceEntry) => {
    const { inode } = entry;
    if (inode !== undefined && !inodes.has(inode)) inodes.set(inode, path);
    const isFile = (entry.mode & 0x8f280000) === 0;
    found[path] = {
      mode: entry.mode.toString(16),
      size: entry.size,
      modTime: entry.modTime,
      linkname: entry.linkname,
      sameAs: inode === undefined ? undefined : inodes.get(inode),
      content: isFile ? await contentDigest(source, path) : undefined,
    };
  };
  await walk(source, async () => ({ kept: true, walked: true }), visit, new AbortController().signal);
  return found;
}

async function contentDigest(source: FileSource, path: string): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(256 << 10);
  const file = await source.open(path);
  for (let bytes = -1; bytes !== 0; hash.update(buffer.subarray(0, bytes))) bytes = await file.read(buffer);
  await file.close();
  return hash.digest("hex");
}
