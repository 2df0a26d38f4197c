import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { makeTar, type TarInput } from "../../../archive/make-tar.test-helper.js";
import { readTypedError } from "../../../errors/typed-error.js";
import { stage } from "./stage.js";

let base: string;
let target: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "slipway-stage-"));
  target = join(base, "plugins/staging/new");
  await mkdir(target, { recursive: true });
  return () => rm(base, { recursive: true });
});

async function stageArchive(entries: TarInput[]) {
  const archive = join(base, "plugin.tar");
  await writeFile(archive, await makeTar(entries));
  return stage(archive, "", target);
}

const link = (name: string, linkname: string): TarInput => ({ name, type: "symlink", linkname });
const manifest = (name: string): TarInput => ({ name, content: "{}" });
const all = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

it("unpacks files, folders and links inside the folder, with modes for the owner", async () => {
  const entries: TarInput[] = [
    manifest("odd/slipway-plugin.json"),
    { name: "odd/bin/run", mode: 0o4777, content: "#!/bin/sh\n" },
    { name: "odd/lib/", type: "directory", mode: 0o777 },
    link("odd/lib/run", "../bin/run"),
    link("odd/lib/self", "."),
  ];
  expect(await stageArchive(entries)).toBe(join(target, "odd"));
  expect(await all(join(target, "odd"))).toEqual(
    ["bin", "bin/run", "lib", "lib/run", "lib/self", "slipway-plugin.json"].sort(),
  );
  const { mode } = await stat(join(target, "odd/lib/run"));
  expect(mode & 0o7111).toBe(mode & 0o111);
  expect(mode & 0o100).toBe(0o100);
  expect((await stat(join(target, "odd/lib"))).mode & 0o022).toBe(0);
});

it.each<[string, TarInput[]]>([
  ["a path with ..", [manifest("../evil")]],
  ["an absolute path", [manifest("/evil")]],
  ["a link to a folder outside", [link("l", "../..")]],
  ["a link to an absolute path", [link("l", "/etc")]],
  [
    "a link that leads out through another link",
    [link("l", "."), link("up", "l/l/../.."), manifest("up/evil")],
  ],
  ["a link through a folder and back", [{ name: "d/", type: "directory" }, link("up", "d/../..")]],
  ["a file through a link", [{ name: "d/", type: "directory" }, link("l", "d"), manifest("l/evil")]],
  [
    "a folder through a link",
    [{ name: "d/", type: "directory" }, link("l", "d"), { name: "l/e/", type: "directory" }],
  ],
  ["a link through a link", [{ name: "d/", type: "directory" }, link("l", "d"), link("l/evil", "x")]],
  ["a file in place of a link", [link("l", "no-such-file"), manifest("l")]],
])("refuses %s in an archive, and writes nothing outside", async (_what, entries) => {
  const error = await stageArchive([manifest("slipway-plugin.json"), ...entries]).then(
    () => expect.unreachable("the archive was accepted"),
    readTypedError,
  );
  expect(error.reason).toBe("PLUGIN_SOURCE_UNREADABLE");
  const written = await all(base);
  expect(written.filter((path) => path.includes("evil") || path.includes("no-such-file"))).toEqual([]);
});

it("refuses a link that leads out of a folder through another link", async () => {
  const source = join(base, "source");
  await mkdir(source);
  await writeFile(join(source, "slipway-plugin.json"), "{}");
  await symlink(".", join(source, "l"));
  await symlink("l/l/../..", join(source, "up"));
  await expect(stage(source, "", target)).rejects.toThrow(
    "Its symbolic link up points to l/l/../.., outside the plugin's folder.",
  );
});
