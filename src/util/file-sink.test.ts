import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openFileSink, removeFile, writeWholeFile } from "./file-sink.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-sink-"));
});

afterEach(() => rm(folder, { recursive: true }));

it("creates the file only when it is complete", async () => {
  const path = join(folder, "out.tar");
  const sink = await openFileSink(path);
  sink.write("first");
  expect(await readdir(folder)).not.toContain("out.tar");
  await pipeline(Readable.from([Buffer.from(" second")]), sink);
  expect(await readFile(path, "utf8")).toBe("first second");
  expect(await readdir(folder)).toEqual(["out.tar"]);
});

it("removes an incomplete file and keeps the previous one", async () => {
  const path = join(folder, "out.tar");
  await writeFile(path, "old");
  const sink = await openFileSink(path);
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from("new");
      throw new Error("BuildKit disconnected");
    })(),
  );
  await expect(pipeline(broken, sink)).rejects.toThrow("BuildKit disconnected");
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["out.tar"]);
});

it("creates missing folders, but not in the place of a file", async () => {
  await writeWholeFile(join(folder, "new/folder/id"), "text");
  expect(await readFile(join(folder, "new/folder/id"), "utf8")).toBe("text");
  await expect(openFileSink(join(folder, "new/folder/id/below"))).rejects.toThrow("EEXIST");
});

it("writes through links and keeps them", async () => {
  const [path, link] = [join(folder, "file"), join(folder, "link")];
  await writeFile(path, "old");
  await symlink(path, link);
  await writeWholeFile(link, "new");
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect(await readFile(path, "utf8")).toBe("new");
  await removeFile(link);
  await removeFile(path);
  expect(await readdir(folder)).toEqual(["link"]);
});

it("writes directly to a file that is not regular", async () => {
  const sink = await openFileSink("/dev/null");
  await pipeline(Readable.from([Buffer.from("gone")]), sink);
});
