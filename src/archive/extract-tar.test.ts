import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "tar-stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { extractTar } from "./extract-tar.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-extract-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function archive(...entries: [Parameters<ReturnType<typeof pack>["entry"]>[0], string?][]) {
  const tar = pack();
  for (const [header, content] of entries) tar.entry(header, content ?? "");
  tar.finalize();
  return tar as unknown as Parameters<typeof extractTar>[0];
}

test("writes files, folders and links with modes and times", async () => {
  const out = join(root, "out");
  const mtime = new Date("2020-01-02T03:04:05Z");
  await extractTar(
    archive(
      [{ name: "bin/", type: "directory", mode: 0o700, mtime }],
      [{ name: "bin/run", mode: 0o755, mtime }, "#!/bin/sh\n"],
      [{ name: "link", type: "symlink", linkname: "bin/run" }],
      [{ name: "bin/same", type: "link", linkname: "bin/run" }],
    ),
    out,
  );
  expect(await readFile(join(out, "bin/run"), "utf8")).toBe("#!/bin/sh\n");
  expect((await stat(join(out, "bin/run"))).mode & 0o777).toBe(0o755);
  expect((await stat(join(out, "bin"))).mode & 0o777).toBe(0o700);
  expect((await stat(join(out, "bin"))).mtime).toEqual(mtime);
  expect(await readlink(join(out, "link"))).toBe("bin/run");
  expect((await stat(join(out, "bin/same"))).ino).toBe((await stat(join(out, "bin/run"))).ino);
});

test("replaces what the archive has, and keeps everything else", async () => {
  const out = join(root, "out");
  await mkdir(join(out, "folder/below"), { recursive: true });
  await writeFile(join(out, "file"), "old");
  await writeFile(join(out, "kept"), "kept");
  await extractTar(
    archive(
      [{ name: "./", type: "directory", mode: 0o750 }],
      [{ name: "folder" }, "a file now"],
      [{ name: "file", type: "directory" }],
    ),
    out,
  );
  expect(await readFile(join(out, "folder"), "utf8")).toBe("a file now");
  expect((await stat(join(out, "file"))).isDirectory()).toBe(true);
  expect((await readdir(out)).sort()).toEqual(["file", "folder", "kept"]);
  expect((await stat(out)).mode & 0o777).toBe(0o750);
});

test.each(["../evil", "/evil", "a/../../evil"])("refuses the path %s", async (name) => {
  await expect(extractTar(archive([{ name }, "x"]), join(root, "out"))).rejects.toThrow(
    "leads out of the folder",
  );
  expect(await readdir(root)).toEqual(["out"]);
});

test("writes nothing through a link, whatever the form of the folder's path", async () => {
  const [out, outside] = [join(root, "out"), join(root, "outside")];
  await mkdir(out);
  await mkdir(outside, { mode: 0o700 });
  await symlink(outside, join(out, "sub"));
  for (const path of [out, `${out}/`, `${root}/./out`, `${root}/outside/../out`]) {
    const below = extractTar(archive([{ name: "sub/evil" }, "x"]), path);
    await expect(below).rejects.toThrow("sub is not a folder");
  }
  const hardLink = archive([{ name: "a" }, "x"], [{ name: "sub/evil", type: "link", linkname: "a" }]);
  await expect(extractTar(hardLink, out)).rejects.toThrow("sub is not a folder");
  expect(await readdir(outside)).toEqual([]);
});

test("replaces a link by a folder instead of changing the folder behind it", async () => {
  const [out, outside] = [join(root, "out"), join(root, "outside")];
  await mkdir(out);
  await mkdir(outside, { mode: 0o700 });
  await symlink(outside, join(out, "sub"));
  await extractTar(
    archive([{ name: "sub/", type: "directory", mode: 0o777 }], [{ name: "sub/file" }, "x"]),
    out,
  );
  expect(await readFile(join(out, "sub/file"), "utf8")).toBe("x");
  expect(await readdir(outside)).toEqual([]);
  expect((await stat(outside)).mode & 0o777).toBe(0o700);
});

test("rejects a truncated archive", async () => {
  const chunks: Buffer[] = [];
  for await (const chunk of archive([{ name: "a" }, "x".repeat(2000)])) chunks.push(chunk as Buffer);
  const { Readable } = await import("node:stream");
  const half = Readable.from([Buffer.concat(chunks).subarray(0, 1000)]);
  await expect(extractTar(half, join(root, "out"))).rejects.toThrow();
  expect(await readdir(join(root, "out"))).toEqual([]);
});
