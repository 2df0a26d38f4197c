import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Manifest } from "../../plugin-protocol/manifest.js";

/** Who owns a file, and who may write it. */
export type Ownership = Pick<Stats, "uid" | "gid" | "mode">;

/**
 * Why a file may not be run or believed: somebody other than root and this user could have written it. Undefined when
 * it is fine.
 */
export async function distrust(path: string): Promise<string | undefined> {
  const own = process.getuid?.();
  // No owners to speak of, as on Windows.
  return own === undefined ? undefined : distrustOwnership(path, await stat(path), own);
}

/** As {@link distrust}, for what is known of a file. */
export function distrustOwnership(
  path: string,
  { uid, gid, mode }: Ownership,
  own: number,
): string | undefined {
  if (uid !== 0 && uid !== own)
    return `${path} belongs to user ${uid}, and neither to root nor to user ${own}`;
  if (mode & 0o002) return `${path} can be written by everybody; run: chmod o-w ${path}`;
  // Where each user has a group of their own, files are often writable for it.
  if (mode & 0o020 && gid !== uid) return `${path} can be written by group ${gid}; run: chmod g-w ${path}`;
  return undefined;
}

/** The files that a plugin is run or reached with: those of its command's arguments that are paths, or of its TLS. */
export async function programFiles(manifest: Manifest, folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const argument of manifest.command ?? Object.values(manifest.address.tls)) {
    const path = resolve(folder, argument);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) files.push(path);
  }
  return files;
}

/** Why a plugin cannot be run or reached: a file that it needs is not there. Undefined when all are. */
export async function missingFile(manifest: Manifest, folder: string): Promise<string | undefined> {
  const needed = manifest.command
    ? [["program", manifest.command[0]] as const]
    : Object.entries(manifest.address.tls);
  const files = await programFiles(manifest, folder);
  const [what, path] = needed.find(([, file]) => !files.includes(file)) ?? [];
  return what && `its ${what} ${path} is missing`;
}

/** Why a plugin's files are not those that its manifest was made for. Undefined when they are. */
export async function checksumMismatch(manifest: Manifest): Promise<string | undefined> {
  for (const [path, expected] of manifest.checksums) {
    const hash = createHash("sha256");
    try {
      await pipeline(createReadStream(path), hash);
    } catch (cause) {
      return `${path} cannot be read: ${(cause as Error).message}`;
    }
    const actual = hash.digest("hex");
    if (actual !== expected) return `${path} has SHA-256 ${actual}, and the manifest says ${expected}`;
  }
  return undefined;
}
