import { resolve } from "node:path";
import { invalidField } from "../../../errors/typed-error.js";
import { withoutCredentials } from "../../../inputs/url-credentials.js";
import { isSafeUrl } from "../../../network/is-safe-url.js";
import { type SharedStore, uploadsUnavailable } from "./shared-store.js";

/**
 * Opens the place for uploads that hosts share: a folder, or s3://bucket/prefix. INVALID_ARGUMENT, reason
 * UPLOADS_URL_INVALID; UNAVAILABLE, reason UPLOADS_UNAVAILABLE, for a folder that cannot be used.
 */
export async function openSharedStore(place: string): Promise<SharedStore> {
  if (place.startsWith("s3:")) return openBucket(place);
  const { FolderStore } = await import("./folder-store.js");
  return FolderStore.open(resolve(place)).catch((cause) => {
    throw uploadsUnavailable(cause);
  });
}

/** Opens a bucket, s3://bucket/prefix. Asks the server for nothing. INVALID_ARGUMENT, reason UPLOADS_URL_INVALID. */
export async function openBucket(place: string): Promise<SharedStore> {
  const url = URL.canParse(place) ? new URL(place) : undefined;
  const endpoint = url?.searchParams.get("endpoint");
  if (!url?.hostname || url.username || (endpoint && !isSafeUrl(endpoint)))
    throw invalidField(
      "uploads",
      "UPLOADS_URL_INVALID",
      `${JSON.stringify(withoutCredentials(place.slice(0, 256)))} is not the URL of a bucket.`,
      "Write it as s3://bucket/prefix, with an endpoint on https or on this machine; credentials come from the environment.",
    );
  const { S3Store } = await import("./s3-store.js");
  return new S3Store(url);
}
