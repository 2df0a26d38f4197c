import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { externalModules } from "../external-modules.js";
import { ownLauncher, pathLauncher } from "../launcher.js";
import type { Entry } from "./archive.js";
import { filesBelow } from "./files-below.js";
import { type LockedPackage, moduleFolders, type Platform } from "./modules.js";
import { registryFiles } from "./registry-package.js";

const program = "dist/cli.cjs";
/** What only programs in TypeScript and debuggers need. */
const isForDevelopers = (path: string) => /^dist\/types\/|\.map$/.test(path);
/** Of modules the code and the licences. What `npm ci` compiled differs between machines. */
const isPartOfModule = (path: string) =>
  (/\.([cm]?js|json|node|wasm\.gz)$/.test(path) || /^licen[cs]e/i.test(path)) &&
  !/(^|\/)(build\/Release|test)\//.test(path);
/** Native parts for the C library and the interface that the runtime uses; the others are for earlier ones. */
const isOtherBinary = (path: string) => /\.(abi\d+|musl)\b.*\.node$/.test(path);

/** The files of the npm package, those of the modules that are not bundled, and `bin/slipway`. */
export async function programEntries(root: string, platform: Platform): Promise<Entry[]> {
  const entries: Entry[] = [{ path: "bin/slipway", linkname: `../${program}` }];
  for (const { path, mode } of await packedFiles(root)) {
    if (isForDevelopers(path)) continue;
    const read = path === program ? () => ownProgram(root, platform.os) : () => readFile(join(root, path));
    entries.push({ path, executable: (mode & 0o111) !== 0, read });
  }
  const { packages } = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
  for (const folder of moduleFolders(packages, externalModules, platform)) {
    for (const [file, read] of await moduleFiles(root, folder, packages[folder])) {
      if (isPartOfModule(file) && !isOtherBinary(file)) entries.push({ path: join(folder, file), read });
    }
  }
  return entries;
}

type Files = Map<string, () => Promise<Buffer>>;

/** Files of an installed module; those of one for another platform come from the registry. */
async function moduleFiles(
  root: string,
  folder: string,
  { version, integrity }: LockedPackage,
): Promise<Files> {
  const installed = join(root, folder);
  if (existsSync(installed)) {
    const paths = (await filesBelow(installed)).filter((path) => !/(^|\/)node_modules\//.test(path));
    return new Map(paths.map((path) => [path, () => readFile(join(installed, path))]));
  }
  const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
  const files = await registryFiles({ name, version: version!, integrity: integrity! });
  return new Map([...files].map(([path, bytes]) => [path, async () => bytes]));
}

async function ownProgram(root: string, os: string): Promise<Buffer> {
  const text = await readFile(join(root, program), "utf8");
  if (!text.startsWith(pathLauncher)) throw new Error(`${program} has another beginning: run npm run build`);
  return Buffer.from(ownLauncher(os) + text.slice(pathLauncher.length));
}

/** The files that `npm pack` would pack. */
export async function packedFiles(root: string): Promise<{ path: string; mode: number }[]> {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], {
    cwd: root,
  });
  return JSON.parse(stdout)[0].files;
}
