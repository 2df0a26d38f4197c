import type { Readable } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Progress } from "../../../gen/slipway/driver/v1/driver_pb.js";
import type { ImageStoreRef, LoadImageRequestSchema } from "../../../gen/slipway/driver/v1/image_store_pb.js";
import type { DriverLease } from "../../plugins/plugin-manager.js";

/** Streams an image archive into a plugin's image store; returns the names or ids that it loaded. */
export async function loadImage(
  lease: DriverLease,
  store: ImageStoreRef,
  archive: Readable,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<string[]> {
  let loaded: string[] = [];
  for await (const response of lease.imageStore.loadImage(requests(store, archive), { signal })) {
    if (response.progress) onProgress(response.progress);
    if (response.loaded.length > 0) loaded = response.loaded;
  }
  return loaded;
}

async function* requests(
  store: ImageStoreRef,
  archive: Readable,
): AsyncGenerator<MessageInitShape<typeof LoadImageRequestSchema>> {
  yield { store };
  // The end of iteration must not close the archive: its writer waits until the image is loaded.
  for await (const data of archive.iterator({ destroyOnReturn: false })) yield { data };
}
