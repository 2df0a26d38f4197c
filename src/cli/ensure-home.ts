import { homedir } from "node:os";

/**
 * Gives a process without a home folder `/`, as Docker does: a user id without an account, which is usual in containers,
 * has none if HOME is not set. An empty HOME is none: folders would be made in the working directory.
 */
export function ensureHome(): void {
  if (process.env.HOME) return;
  delete process.env.HOME;
  try {
    homedir();
  } catch {
    process.env.HOME = "/";
  }
}
