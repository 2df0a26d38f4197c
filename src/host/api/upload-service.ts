import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { invalidField } from "../../errors/typed-error.js";
import { type Upload, UploadSchema, type UploadService } from "../../gen/slipway/v1/upload_pb.js";
import { principalOf } from "../access/caller.js";
import { checkCacheKey } from "../uploads/cache-key.js";
import { TarRequests } from "../uploads/tar-requests.js";
import type { UploadInfo } from "../uploads/upload.js";
import type { Uploads } from "../uploads/uploads.js";

/** slipway.v1.UploadService over the host's uploads. */
export function uploadService(uploads: Uploads): ServiceImpl<typeof UploadService> {
  return {
    async uploadTar(requests, context) {
      const archive = new TarRequests(requests);
      const info = await uploads.receiveTar(
        archive.bytes(),
        () => archive.cacheKey,
        principalOf(context),
        context.signal,
      );
      return { upload: toMessage(info) };
    },
    async createUpload({ manifest, entries, cacheKey }, context) {
      const principal = principalOf(context);
      checkCacheKey(cacheKey);
      if (!manifest && entries.length > 0) {
        const message = "A tar upload has no entries in its request.";
        const remedy = "Set manifest for a content-addressed upload.";
        throw invalidField("entries", "UPLOAD_WRONG_KIND", message, remedy);
      }
      const info = uploads.create(manifest ? "manifest" : "tar", cacheKey, principal);
      try {
        const missingDigests = manifest ? await uploads.addToManifest(info.id, entries, [], principal) : [];
        return { upload: toMessage(info), missingDigests };
      } catch (cause) {
        // The client never learns the id.
        await uploads.delete(info.id, principal);
        throw cause;
      }
    },
    async writeUpload({ id, offset, data }, context) {
      return { offset: BigInt(await uploads.write(id, offset, data, principalOf(context))) };
    },
    async addBlobs({ id, entries, blobs }, context) {
      return { missingDigests: await uploads.addToManifest(id, entries, blobs, principalOf(context)) };
    },
    async finishUpload({ id }, context) {
      return { upload: toMessage(await uploads.finish(id, principalOf(context))) };
    },
    async deleteUpload({ id }, context) {
      await uploads.delete(id, principalOf(context));
      return {};
    },
  };
}

function toMessage({ id, finished, size, entries, expires }: UploadInfo): Upload {
  return create(UploadSchema, {
    id,
    finished,
    sizeBytes: BigInt(size),
    entryCount: BigInt(entries),
    expireTime: timestampFromDate(expires),
  });
}
