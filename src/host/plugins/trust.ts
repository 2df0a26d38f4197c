import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Manifest } from "../../plugin-protocol/manifest.js";

/** Owner and mode of a file. */
export type Ownership = Pick<Stats, "uid" | "gid" | "mode">;

/**
 * Returns why a file is not trusted: a user other than root and this user can write it. Undefined for a trusted file.
 */
export async function whyUntrusted(path: string): Promise<string | undefined> {
  const own = process.getuid?.();
  // No owners, as on Windows.
  return own === undefined ? undefined : distrustOwnership(path, await stat(path), own);
}

/** Like {@link whyUntrusted}, for a known owner and mode. */
export function distrustOwnership(
  path: string,
  { uid, gid, mode }: Ownership,
  own: number,
): string | undefined {
  if (uid !== 0 && uid !== own) return `${path} belongs to user ${uid}, not to root or user ${own}`;
  if (mode & 0o002) return `${path} is writable by everyone; run: chmod o-w ${path}`;
  // With private user groups, files are often group-writable.
  if (mode & 0o020 && gid !== uid) return `${path} is writable by group ${gid}; run: chmod g-w ${path}`;
  return undefined;
}

/** The files that a plugin is started or connected with: arguments of its command that are paths, or TLS files. */
export async function programFiles(manifest: Manifest, folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const argument of manifest.command ?? Object.values(manifest.address.tls)) {
    const path = resolve(folder, argument);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) files.push(path);
  }
  return files;
}

/** Returns which file is missing to start or connect to a plugin; undefined when all exist. */
export async function missingFile(manifest: Manifest, folder: string): Promise<string | undefined> {
  const needed = manifest.command
    ? [["program", manifest.command[0]] as const]
    : Object.entries(manifest.address.tls);
  const files = await programFiles(manifest, folder);
  const [what, path] = needed.find(([, file]) => !files.includes(file)) ?? [];
  return what && `its ${what} ${path} is missing`;
}

/** Returns how a plugin's files differ from the checksums of its manifest; undefined when they match. */
export async function checksumMismatch(manifest: Manifest): Promise<string | undefined> {
  for (const [path, expected] of manifest.checksums) {
    const hash = createHash("sha256");
    try {
      await pipeline(createReadStream(path), hash);
    } catch (cause) {
      return `${path} cannot be read: ${(cause as Error).message}`;
    }
    const actual = hash.digest("hex");
    if (actual !== expected) return `${path} has SHA-256 ${actual}, but the manifest has ${expected}`;
  }
  return undefined;
}
