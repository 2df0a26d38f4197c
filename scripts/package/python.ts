import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import type { Entry } from "./archive.js";
import { type Project, type WheelFile, type WheelFolder, wheelFile, writeWheel } from "./wheel.js";

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
  program: readonly Entry[],
  to: WheelFolder,
): Promise<string> {
  const tag = platformTags[platform];
  if (!tag) throw new Error(`scripts/package/python.ts has no tag for ${platform}`);
  const files: WheelFile[] = [];
  for (const entry of program) {
    // Wheels have no links; the package names the program's own file.
    if (!("read" in entry)) continue;
    files.push(await wheelFile(`slipway_host/program/${entry.path}`, await entry.read(), entry.executable));
  }
  return writeProject(join(import.meta.dirname, "python-host"), `py3-none-${tag}`, files, to);
}

async function writeProject(folder: string, tag: string, more: readonly WheelFile[], to: WheelFolder) {
  const read = (path: string) => readFile(join(folder, path));
  const { project } = parse((await read("pyproject.toml")).toString());
  const files = [...more];
  for (const path of await readdir(join(folder, "src"), { recursive: true })) {
    if (!/(\.pyi?|\/py\.typed)$/.test(path)) continue;
    files.push(await wheelFile(path, await read(join("src", path))));
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
