import { invalidField } from "../../errors/typed-error.js";
import type { UploadTarRequest } from "../../gen/slipway/v1/upload_pb.js";
import { checkCacheKey } from "./cache-key.js";

/** The archive in the requests of an UploadTar call, and the cache key in the first of them. */
export class TarRequests {
  cacheKey = "";

  constructor(private readonly requests: AsyncIterable<UploadTarRequest>) {}

  /** The bytes of the archive. The cache key is known when they have been read. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    let isFirst = true;
    for await (const { part } of this.requests) {
      if (isFirst !== (part.case === "start")) throw misplaced(isFirst);
      if (part.case === "start") {
        checkCacheKey(part.value.cacheKey);
        this.cacheKey = part.value.cacheKey;
      }
      isFirst = false;
      if (part.case === "data" && part.value.length > 0) yield part.value;
    }
  }
}

function misplaced(isFirst: boolean) {
  return isFirst
    ? invalidField("start", "UPLOAD_START_MISSING", "The first request must be the start of the upload.")
    : invalidField("start", "UPLOAD_START_LATE", "Only the first request is the start of the upload.");
}
