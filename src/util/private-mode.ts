import type { Stats } from "node:fs";
import { open } from "node:fs/promises";

/** The permissions of a file as chmod takes them: "0644". */
export function modeText({ mode }: Pick<Stats, "mode">): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}

/**
 * The mode of a file with secrets as "0644" if others can reach the file; undefined if only its owner can. A file of
 * root may be readable by its group: so are files that an init system hands to a service.
 */
export function unsafeMode(stats: Pick<Stats, "mode" | "uid">): string | undefined {
  return (stats.mode & (stats.uid === 0 ? 0o027 : 0o077)) === 0 ? undefined : modeText(stats);
}

/** Why others can read or change a file, as a clause, and what to do; undefined if only this user and root can. */
export function exposure(file: string, stats: Stats): { why: string; remedy: string } | undefined {
  const uid = process.getuid?.();
  if (uid !== undefined && stats.uid !== uid && stats.uid !== 0)
    return { why: `it belongs to the user ${stats.uid}`, remedy: `Run chown ${uid} ${file}.` };
  const mode = unsafeMode(stats);
  return mode === undefined ? undefined : { why: `its mode is ${mode}`, remedy: `Run chmod 600 ${file}.` };
}

/** Reads a file and its metadata, both of the same file even if the path is replaced meanwhile. */
export async function readWithStats(path: string): Promise<{ stats: Stats; text: string }> {
  const file = await open(path, "r");
  try {
    return { stats: await file.stat(), text: await file.readFile("utf8") };
  } finally {
    await file.close();
  }
}
