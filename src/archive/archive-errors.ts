import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";

/** The stream ended before the archive. */
export function truncated(what: string): ConnectError {
  return typedError({
    code: Code.InvalidArgument,
    reason: "UPLOAD_TRUNCATED",
    message: `The archive is truncated: ${what}.`,
    remedy: "Send the complete archive again; nothing of it was kept.",
  });
}

/** The bytes are not an archive. */
export function notATar(why: string): ConnectError {
  return typedError({
    code: Code.InvalidArgument,
    reason: "UPLOAD_TAR_INVALID",
    message: `The tar archive cannot be read: ${why}.`,
    remedy: "Send a tar archive, uncompressed or compressed with gzip, bzip2, xz or zstd.",
  });
}

/** The compression of the archive is not supported. */
export function compressionUnsupported(what: string): ConnectError {
  return typedError({
    code: Code.InvalidArgument,
    reason: "UPLOAD_COMPRESSION_UNSUPPORTED",
    message: `The archive is compressed with ${what}, which is not supported.`,
    remedy: "Send the tar archive uncompressed, or compressed with gzip, bzip2, xz or zstd.",
  });
}
