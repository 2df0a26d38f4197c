import { mkdir, writeFile } from "node:fs/promises";
import { expect, onTestFinished } from "vitest";
import { freeBytes } from "../../src/util/free-bytes.js";
import { must } from "../lab/index.js";

/** Mounts a small disk; it is unmounted when the test ends. */
export async function makeDisk(path: string, size: string): Promise<string> {
  await mkdir(path);
  await must("mount", ["-t", "tmpfs", "-o", `mode=700,size=${size}`, "tmpfs", path]);
  onTestFinished(() => void must("umount", ["--lazy", path]));
  return path;
}

/** Writes a file until the disk is full. */
export async function fill(path: string): Promise<void> {
  await writeFile(path, Buffer.alloc(32 << 20)).then(
    () => expect.unreachable("the disk is larger"),
    (error) => expect(error).toMatchObject({ code: "ENOSPC" }),
  );
}

/** Writes a file such that this much of a disk stays free. */
export async function leaveFree(disk: string, path: string, bytes: number): Promise<void> {
  await writeFile(path, Buffer.alloc(Math.max(0, freeBytes(disk) - bytes)));
}
