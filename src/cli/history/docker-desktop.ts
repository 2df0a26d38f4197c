import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Whether Docker Desktop shows builds on this machine, by buildx's rule. */
export async function showsBuilds(): Promise<boolean> {
  const path = join(homedir(), ".docker", "desktop-build", ".lastaccess");
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The page of a build in Docker Desktop. `ref` is "builder/node/reference". */
export function buildUrl(ref: string): string {
  return `docker-desktop://dashboard/build/${ref}`;
}
