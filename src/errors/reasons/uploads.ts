import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of `UploadService`. */
export const uploadReasons = {
  UPLOAD_BLOB_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "no entry of the manifest has this digest; the upload stays usable",
  },
  UPLOAD_CACHE_KEY_TOO_LONG: {
    codes: [Code.InvalidArgument],
    meaning: "`cache_key` has too many characters",
  },
  UPLOAD_COMPRESSION_UNSUPPORTED: {
    codes: [Code.InvalidArgument],
    meaning: "the archive has an unsupported compression",
    recovery: "send it plain, or with gzip, bzip2, xz or zstd",
  },
  UPLOAD_DIGEST_MISMATCH: {
    codes: [Code.InvalidArgument],
    meaning: "content does not have its digest or size; the upload stays usable",
  },
  UPLOAD_ENTRY_REFUSED: {
    codes: [Code.InvalidArgument],
    meaning: "an entry leaves the root, is a device, or has an invalid field; metadata `path`",
    recovery: "leave it out, or list it in `.dockerignore`",
  },
  UPLOAD_FINISHED: {
    codes: [Code.FailedPrecondition],
    meaning: "the upload is finished and accepts no more data",
  },
  UPLOAD_INCOMPLETE: {
    codes: [Code.FailedPrecondition],
    meaning: "`FinishUpload` before all content arrived; metadata `missing`",
    recovery: "send it with `AddBlobs`",
  },
  UPLOAD_NOT_FINISHED: {
    codes: [Code.FailedPrecondition],
    meaning: "the upload is used before it is finished",
    recovery: "call `FinishUpload`",
  },
  UPLOADS_UNAVAILABLE: {
    codes: [Code.Unavailable],
    meaning: "the folder or the bucket in which hosts share uploads cannot be read or written",
    recovery: "retry; `FinishUpload` can be repeated",
  },
  UPLOADS_URL_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "`slipway serve --uploads` names neither a folder nor a bucket",
  },
  UPLOAD_NOT_FOUND: {
    codes: [Code.NotFound],
    meaning: "no upload has this id, or it has expired",
    recovery: "upload again",
  },
  UPLOAD_NO_SPACE: {
    codes: [Code.ResourceExhausted],
    meaning: "the host's disk is full",
    recovery: "free space, then upload again",
  },
  UPLOAD_OFFSET_MISMATCH: {
    codes: [Code.OutOfRange],
    meaning: "a chunk does not continue what the host has; metadata `offset`",
    recovery: "continue at that offset",
  },
  UPLOAD_START_LATE: {
    codes: [Code.InvalidArgument],
    meaning: "a request of `UploadTar` other than the first has a `start`",
  },
  UPLOAD_START_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "the first request of `UploadTar` has no `start`",
  },
  UPLOAD_TAR_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the upload is not a readable tar archive",
  },
  UPLOAD_TOO_LARGE: {
    codes: [Code.ResourceExhausted],
    meaning: "the upload exceeds the host's limits for entries, names or bytes",
    recovery: "list what the build does not need in `.dockerignore`",
  },
  UPLOAD_TOO_MANY: {
    codes: [Code.ResourceExhausted],
    meaning: "too many partial blobs in one upload",
    recovery: "complete one before the next",
  },
  UPLOAD_TRUNCATED: {
    codes: [Code.InvalidArgument],
    meaning: "the stream ends before the archive does; nothing is kept",
    recovery: "upload again",
  },
  UPLOAD_WRONG_KIND: {
    codes: [Code.FailedPrecondition, Code.InvalidArgument],
    meaning: "a call for tar uploads on a content-addressed one, or the reverse",
  },
} satisfies ReasonTable;
