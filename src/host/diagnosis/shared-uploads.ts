import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { openBucket } from "../uploads/shared/open-store.js";
import { uploadsUnavailable } from "../uploads/shared/shared-store.js";
import { type Finding, ok, problem, warning } from "./finding.js";

/**
 * Checks the place where hosts share uploads: that the host can use the folder or read from the bucket. Writes nothing.
 * @param isSealed whether the host has a key, with which it protects what is built
 */
export async function checkSharedUploads(place: string, isSealed: boolean): Promise<Finding> {
  const fault = place.startsWith("s3:") ? await checkBucket(place) : await checkFolder(resolve(place));
  if (fault) return fault;
  const name = place.split("?")[0]!;
  if (isSealed) return ok(`The host can use ${name} for shared uploads.`);
  return warning(
    `Anyone who can write to ${name} can change shared uploads, and so what is built.`,
    "Give all hosts the same key file, as docs/security.md describes, and restart them.",
  );
}

async function checkFolder(folder: string): Promise<Finding | undefined> {
  const remedy = "Mount the folder of shared uploads, or let the host's user read and write there.";
  try {
    if (!(await stat(folder)).isDirectory())
      return problem(`${folder}, which is set for shared uploads, is not a folder.`, remedy);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (cause) {
    return problem(`The folder of shared uploads cannot be used: ${(cause as Error).message}.`, remedy);
  }
}

async function checkBucket(place: string): Promise<undefined> {
  const bucket = await openBucket(place);
  try {
    // Nothing has this name; the answer shows that the host reaches the bucket and may read it.
    await bucket.get(randomUUID());
  } catch (cause) {
    throw uploadsUnavailable(cause);
  } finally {
    bucket.close();
  }
}
