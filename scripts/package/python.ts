import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { type HashedFile, hashedFile } from "./hashed-file.js";
import { type Project, type WheelFolder, writeWheel } from "./wheel.js";

/** The tags of the platforms on which the program and its Node.js run: glibc 2.28 or later. */
const platformTags: Record<string, string> = {
  "linux-x64": "manylinux_2_28_x86_64",
  "linux-arm64": "manylinux_2_28_aarch64",
};

/** Writes the wheel of a project in pure Python, from its sources in `src`. Returns the wheel's name. */
export async function writePureWheel(folder: string, to: WheelFolder): Promise<string> {
  return writeProject(folder, "py3-none-any", [], to);
}

/** Writes the wheel with the program and its Node.js for a platform, and returns its name. */
export async function writeHostWheel(
  platform: string,
  program: readonly HashedFile[],
  to: WheelFolder,
): Promise<string> {
  const tag = platformTags[platform];
  if (!tag) throw new Error(`scripts/package/python.ts has no tag for ${platform}`);
  const files = program.map((file) => ({ ...file, path: `slipway_host/program/${file.path}` }));
  return writeProject(join(import.meta.dirname, "python-host"), `py3-none-${tag}`, files, to);
}

async function writeProject(folder: string, tag: string, more: readonly HashedFile[], to: WheelFolder) {
  const read = (path: string) => readFile(join(folder, path));
  const { project } = parse((await read("pyproject.toml")).toString());
  const files = [...more];
  for (const path of await readdir(join(folder, "src"), { recursive: true })) {
    if (!/(\.pyi?|\/py\.typed)$/.test(path)) continue;
    files.push(await hashedFile(path, await read(join("src", path))));
  }
  const license = await readFile(join(import.meta.dirname, "../../LICENSE"));
  return writeWheel(
    project as unknown as Project,
    tag,
    files,
    { readme: await read("README.md"), license },
    to,
  );
}
