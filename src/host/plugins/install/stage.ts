import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { tarEntries } from "../../../archive/tar-entries.js";
import { readTypedError } from "../../../errors/typed-error.js";
import { manifestName } from "../../../plugin-protocol/manifest.js";
import { withPeriod } from "../../../util/with-period.js";
import { installRefused } from "./install-errors.js";
import { StagingFolder } from "./staging-folder.js";

/**
 * Copies a plugin's files from a folder or an archive into an empty folder, and returns the folder that holds the
 * manifest. Only the owner can write the copies. Paths and links that lead out of the folder are refused.
 */
export async function stage(source: string, digest: string, target: string): Promise<string> {
  const found = await stat(source).catch((error: Error) => {
    throw installRefused("PLUGIN_SOURCE_UNREADABLE", "path", `${source} cannot be read: ${error.message}.`);
  });
  if (found.isDirectory() && digest) {
    const message = `${source} is a folder; only archives have a digest.`;
    throw installRefused("PLUGIN_CHECKSUM_MISMATCH", "digest", message);
  }
  if (digest) await checkArchive(source, digest);
  const staging = await StagingFolder.open(target);
  try {
    await (found.isDirectory() ? copyTree : unpack)(source, staging);
  } finally {
    await staging.close();
  }
  return findManifest(source, target);
}

async function checkArchive(archive: string, expected: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  const actual = `sha256:${hash.digest("hex")}`;
  if (actual === expected.toLowerCase()) return;
  const message = `${archive} has the digest ${actual}, not ${expected}.`;
  throw installRefused("PLUGIN_CHECKSUM_MISMATCH", "digest", message);
}

async function unpack(archive: string, target: StagingFolder): Promise<void> {
  try {
    for await (const { header, content } of tarEntries(
      createReadStream(archive),
      new AbortController().signal,
    )) {
      if (header.type === "directory") await target.addFolder(header.name);
      else if (header.type === "symlink") await target.addLink(header.name, header.linkname ?? "");
      else if (header.type === "file") await target.addFile(header.name, header.mode, content);
      else throw new Error(`Its entry ${header.name} is not a file, folder or symbolic link.`);
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

async function copyTree(source: string, target: StagingFolder, folder = ""): Promise<void> {
  for (const entry of await readdir(join(source, folder), { withFileTypes: true })) {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    const from = join(source, path);
    if (entry.isDirectory()) {
      await target.addFolder(path);
      await copyTree(source, target, path);
    } else if (entry.isSymbolicLink()) await target.addLink(path, await readlink(from));
    else if (entry.isFile()) await target.addFile(path, (await lstat(from)).mode, createReadStream(from));
    else {
      const message = `${from} is not a file, folder or symbolic link.`;
      throw installRefused("PLUGIN_INVALID", "path", message);
    }
  }
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
