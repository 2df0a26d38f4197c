import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { step } from "./progress.js";
import { ended } from "./run.js";

/** Where built backends are kept between runs: `$XDG_CACHE_HOME/slipway/lab`. */
const cacheRoot = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "slipway", "lab");

/** How to make one cached folder. */
export interface Recipe {
  /** Tool and version: the readable part of the folder's name. */
  name: string;
  /** Everything that determines the result. Each text has its own folder. */
  text: string;
  /** Fill the (empty) folder. It is renamed into place only when this returns. */
  build(folder: string): Promise<void>;
}

/** Folder of a recipe. It is built if it does not exist; a lock prevents concurrent builds. */
export async function cached(recipe: Recipe): Promise<string> {
  const hash = createHash("sha256").update(recipe.text).digest("hex").slice(0, 8);
  const folder = join(cacheRoot, `${recipe.name}-${hash}`);
  if (await exists(folder)) return folder;
  return withLock(recipe.name, async () => {
    if (await exists(folder)) return folder;
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await step(`build ${recipe.name}`, () => recipe.build(partial));
    await writeFile(join(partial, "recipe.txt"), recipe.text);
    await rename(partial, folder);
    return folder;
  });
}

/**
 * Run `work` while holding a lock across all processes of the machine.
 *
 * A child process holds the flock(2) lock until its stdin ends. However this process dies, the kernel releases the
 * lock, so locks are never stale.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  await mkdir(cacheRoot, { recursive: true });
  const holder = spawn("flock", [join(cacheRoot, `${name}.lock`), "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    holder.once("error", reject);
    holder.once("exit", (code) =>
      reject(new Error(`flock exited with ${code} before it held the lock ${name}`)),
    );
    holder.stdout.once("data", () => resolve());
  });
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended(holder);
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
