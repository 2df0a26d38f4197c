import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink } from "node:fs/promises";
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
    ),
    out,
  );
  expect(await readFile(join(out, "bin/run"), "utf8")).toBe("#!/bin/sh\n");
  expect((await stat(join(out, "bin/run"))).mode & 0o777).toBe(0o755);
  expect((await stat(join(out, "bin"))).mode & 0o777).toBe(0o700);
  expect((await stat(join(out, "bin"))).mtime).toEqual(mtime);
  expect(await readlink(join(out, "link"))).toBe("bin/run");
});

test.each(["../evil", "/evil", "a/../../evil"])("%s is refused", async (name) => {
  await expect(extractTar(archive([{ name }, "x"]), join(root, "out"))).rejects.toThrow(
    "the output has the path",
  );
  expect(await readdir(root)).toEqual(["out"]);
});

test("nothing is written through a link", async () => {
  const out = join(root, "out");
  await extractTar(archive([{ name: "a" }, "x"]), out);
  await symlink(root, join(out, "sub"));
  await expect(extractTar(archive([{ name: "sub/evil" }, "x"]), out)).rejects.toThrow("is not a folder");
  expect(await readdir(root)).toEqual(["out"]);
});

test("an archive that breaks off is an error", async () => {
  const chunks: Buffer[] = [];
  for await (const chunk of archive([{ name: "a" }, "x".repeat(2000)])) chunks.push(chunk as Buffer);
  const { Readable } = await import("node:stream");
  const half = Readable.from([Buffer.concat(chunks).subarray(0, 1000)]);
  await expect(extractTar(half, join(root, "out"))).rejects.toThrow();
});
