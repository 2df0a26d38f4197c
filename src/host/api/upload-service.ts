import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import { invalidField } from "../../errors/typed-error.js";
import {
  type Upload,
  UploadSchema,
  UploadService,
  type UploadTarRequest,
} from "../../gen/slipway/v1/upload_pb.js";
import type { UploadInfo, Uploads } from "../uploads/uploads.js";

/** Longest cache key, in characters. */
const maxCacheKey = 1024;

/** Serves slipway.v1.UploadService. */
export function uploadRoutes(router: ConnectRouter, uploads: Uploads): void {
  router.service(UploadService, uploadService(uploads));
}

function uploadService(uploads: Uploads): ServiceImpl<typeof UploadService> {
  return {
    async uploadTar(requests, { signal }) {
      const archive = new Archive(requests);
      const info = await uploads.receiveTar(archive.bytes(), () => archive.cacheKey, signal);
      return { upload: toMessage(info) };
    },

    async createUpload({ manifest, entries, cacheKey }) {
      checkCacheKey(cacheKey);
      if (!manifest && entries.length > 0)
        throw invalidField(
          "entries",
          "UPLOAD_WRONG_KIND",
          "a tar upload has no entries in its request",
          "Set manifest for a content-addressed upload.",
        );
      const info = uploads.create(manifest ? "manifest" : "tar", cacheKey);
      try {
        const missingDigests = manifest ? await uploads.addToManifest(info.id, entries, []) : [];
        return { upload: toMessage(info), missingDigests };
      } catch (cause) {
        // The client never learns the id.
        await uploads.delete(info.id);
        throw cause;
      }
    },

    async writeUpload({ id, offset, data }) {
      return { offset: BigInt(await uploads.write(id, offset, data)) };
    },

    async addBlobs({ id, entries, blobs }) {
      return { missingDigests: await uploads.addToManifest(id, entries, blobs) };
    },

    async finishUpload({ id }) {
      return { upload: toMessage(await uploads.finish(id)) };
    },

    async deleteUpload({ id }) {
      await uploads.delete(id);
      return {};
    },
  };
}

/** The bytes of an UploadTar call, and the cache key that its first message has. */
class Archive {
  cacheKey = "";

  constructor(private readonly requests: AsyncIterable<UploadTarRequest>) {}

  async *bytes(): AsyncGenerator<Uint8Array> {
    let first = true;
    for await (const { data, cacheKey } of this.requests) {
      checkCacheKey(cacheKey);
      if (first) this.cacheKey = cacheKey;
      else if (cacheKey !== "")
        throw invalidField(
          "cache_key",
          "UPLOAD_CACHE_KEY_LATE",
          "the cache key belongs in the first message",
        );
      first = false;
      if (data.length > 0) yield data;
    }
  }
}

function checkCacheKey(key: string): void {
  if (key.length > maxCacheKey)
    throw invalidField(
      "cache_key",
      "UPLOAD_CACHE_KEY_TOO_LONG",
      `the cache key has more than ${maxCacheKey} characters`,
    );
}

function toMessage(info: UploadInfo): Upload {
  return create(UploadSchema, {
    id: info.id,
    finished: info.finished,
    sizeBytes: BigInt(info.size),
    entries: BigInt(info.entries),
    expireTime: timestampFromDate(info.expires),
  });
}
