import type { Stats } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { modeText } from "../../../util/private-mode.js";

/** Owner and mode of a file. */
export type Ownership = Pick<Stats, "uid" | "mode">;

const sticky = 0o1000;

/**
 * Finds a socket that only this user and root can have made and can open. There is no TLS, so this is what the host
 * trusts. Rejects with ENOENT and ENOTDIR.
 * @returns its path without links, or why it is not trusted, as a clause
 */
export async function findPrivateSocket(path: string): Promise<{ path: string } | { whyUntrusted: string }> {
  const folder = await realpath(dirname(path));
  const socket = join(folder, basename(path));
  const stats = await lstat(socket);
  if (!stats.isSocket()) return { whyUntrusted: `${path} is not a socket` };
  const own = process.getuid?.();
  // No owners, as on Windows.
  if (own === undefined) return { path: socket };
  const whyUntrusted =
    distrustPrivate(socket, stats, own) ??
    distrustPrivate(folder, await lstat(folder), own) ??
    (await distrustAbove(folder, own));
  return whyUntrusted === undefined ? { path: socket } : { whyUntrusted };
}

/** Why users other than this one and root may have made or may reach a file; undefined when they cannot. */
export function distrustPrivate(path: string, { uid, mode }: Ownership, own: number): string | undefined {
  if (uid !== own && uid !== 0) return `${path} belongs to user ${uid}, not to root or user ${own}`;
  // Linux connects to a socket only with write permission, other systems may not look at its mode at all.
  return mode & 0o077 ? `${path} has the mode ${modeText({ mode })}, with which others reach it` : undefined;
}

/** Why other users may rename or replace a folder; undefined when they cannot. */
export function distrustParent(path: string, { uid, mode }: Ownership, own: number): string | undefined {
  if (uid !== own && uid !== 0) return `${path} belongs to user ${uid}, not to root or user ${own}`;
  return mode & 0o022 && !(mode & sticky) ? `${path} is writable by others` : undefined;
}

async function distrustAbove(folder: string, own: number): Promise<string | undefined> {
  for (let path = dirname(folder); ; path = dirname(path)) {
    const why = distrustParent(path, await lstat(path), own);
    if (why !== undefined || path === dirname(path)) return why;
  }
}
