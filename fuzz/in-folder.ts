import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Calls `work` with a new temporary folder, which is removed afterwards. */
export async function inFolder(work: (folder: string) => Promise<unknown>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fuzz"));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
