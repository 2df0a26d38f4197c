import { randomBytes } from "node:crypto";
import { lstat, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Stat } from "../../gen/fsutil/types/wire_pb.js";

/** Makes something under its name, or, if that is taken, under another one that then takes its place. */
export async function replacing(target: string, make: (name: string) => Promise<void>): Promise<void> {
  try {
    await make(target);
  } catch (error) {
    if (!isThere(error)) throw error;
    const name = temporaryName(target);
    await make(name);
    await moveOver(name, target);
  }
}

/** Puts a complete thing in the place of whatever is there. */
export async function moveOver(name: string, target: string): Promise<void> {
  try {
    if ((await lstat(target)).isDirectory()) await rm(target, { recursive: true });
    await rename(name, target);
  } finally {
    // Still there after a failure, and when both are names of the same file: then rename does nothing.
    await rm(name, { force: true });
  }
}

/** A free name in the same folder, and so in the same file system. */
export function temporaryName(target: string): string {
  return join(dirname(target), `.slipway-${randomBytes(6).toString("hex")}`);
}

/** Whether something could not be made because its name is taken. */
export const isThere = (error: unknown) => (error as NodeJS.ErrnoException).code === "EEXIST";

/**
 * A time as Node takes it: seconds as a double, of which it uses the whole microseconds. Half a microsecond more keeps
 * the rounding of the double from reaching the one before.
 */
export const seconds = ({ modTime }: Stat) => (Number(modTime / 1000n) + 0.5) / 1e6;
