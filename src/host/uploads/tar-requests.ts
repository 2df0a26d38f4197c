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
    for await (const { data, cacheKey } of this.requests) {
      checkCacheKey(cacheKey);
      if (isFirst) this.cacheKey = cacheKey;
      else if (cacheKey !== "") {
        const message = "The cache key belongs in the first message.";
        throw invalidField("cache_key", "UPLOAD_CACHE_KEY_LATE", message);
      }
      isFirst = false;
      if (data.length > 0) yield data;
    }
  }
}
