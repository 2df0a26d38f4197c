import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, copyFile, lstat, mkdir, readdir, readlink, stat, symlink } from "node:fs/promises";
import { dirname, join, normalize, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { tarEntries } from "../../../archive/tar-entries.js";
import { readTypedError } from "../../../errors/typed-error.js";
import { manifestName } from "../../../plugin-protocol/manifest.js";
import { withPeriod } from "../../../util/with-period.js";
import { installRefused } from "./install-errors.js";

/**
 * Copies a plugin's files from a folder or an archive into an empty folder, and returns the folder that holds the
 * manifest. Only the owner can write the copies. Paths and links that lead out of the folder are refused.
 */
export async function stage(source: string, sha256: string, target: string): Promise<string> {
  const found = await stat(source).catch((error: Error) => {
    throw installRefused("PLUGIN_SOURCE_UNREADABLE", "path", `${source} cannot be read: ${error.message}.`);
  });
  if (!found.isDirectory()) {
    if (sha256) await checkArchive(source, sha256);
    await unpack(source, target);
    return findManifest(source, target);
  }
  if (sha256) {
    const message = `${source} is a folder; only archives have a SHA-256.`;
    throw installRefused("PLUGIN_CHECKSUM_MISMATCH", "sha256", message);
  }
  await copyTree(source, target, target);
  return findManifest(source, target);
}

async function checkArchive(archive: string, expected: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  const actual = hash.digest("hex");
  if (actual === expected.toLowerCase()) return;
  const message = `${archive} has SHA-256 ${actual}, not ${expected}.`;
  throw installRefused("PLUGIN_CHECKSUM_MISMATCH", "sha256", message);
}

async function unpack(archive: string, target: string): Promise<void> {
  try {
    for await (const { header, content } of tarEntries(
      createReadStream(archive),
      new AbortController().signal,
    )) {
      const path = join(target, insideName(header.name));
      if (header.type === "directory") {
        await mkdir(path, { recursive: true, mode: 0o755 });
        continue;
      }
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      if (header.type === "symlink") await link(header.linkname ?? "", path, target);
      else if (header.type === "file") {
        await pipeline(content, createWriteStream(path, { flags: "wx", mode: modeOf(header.mode) }));
      } else throw new Error(`Its entry ${header.name} is not a file, folder or symbolic link.`);
    }
  } catch (cause) {
    const { message } = readTypedError(cause);
    throw installRefused(
      "PLUGIN_SOURCE_UNREADABLE",
      "path",
      `${archive} cannot be unpacked. ${withPeriod(message)}`,
    );
  }
}

async function copyTree(source: string, target: string, root: string): Promise<void> {
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(to, { mode: 0o755 });
      await copyTree(from, to, root);
    } else if (entry.isSymbolicLink()) await link(await readlink(from), to, root);
    else if (entry.isFile()) {
      await copyFile(from, to);
      await chmod(to, modeOf((await lstat(from)).mode));
    } else {
      const message = `${from} is not a file, folder or symbolic link.`;
      throw installRefused("PLUGIN_INVALID", "path", message);
    }
  }
}

async function link(to: string, path: string, root: string): Promise<void> {
  if (!`${resolve(dirname(path), to)}${sep}`.startsWith(`${root}${sep}`)) {
    const message = `Its symbolic link ${path.slice(root.length + 1)} points to ${to}, outside the plugin's folder.`;
    throw installRefused("PLUGIN_INVALID", "path", message);
  }
  await symlink(to, path);
}

function insideName(name: string): string {
  const path = normalize(name);
  if (path.startsWith(sep) || path.split(sep).includes(".."))
    throw new Error(`Its entry ${name} is outside the plugin's folder.`);
  return path;
}

/** Keeps only whether a file is executable. */
function modeOf(mode: number): number {
  return mode & 0o111 ? 0o755 : 0o644;
}

/** Finds the folder with the manifest: the folder itself or its only subfolder, as is common in archives. */
async function findManifest(source: string, folder: string): Promise<string> {
  const names = await readdir(folder);
  const candidates = [folder, ...(names.length === 1 ? [join(folder, names[0]!)] : [])];
  for (const candidate of candidates) {
    const found = await stat(join(candidate, manifestName)).catch(() => undefined);
    if (found?.isFile()) return candidate;
  }
  throw installRefused("PLUGIN_INVALID", "path", `${source} is not a plugin: it has no ${manifestName}.`);
}
