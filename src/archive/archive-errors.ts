import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";

/** The stream ended before the archive did. */
export function truncated(what: string): ConnectError {
  return typedError({
    code: Code.InvalidArgument,
    reason: "UPLOAD_TRUNCATED",
    message: `the upload ends early: ${what}`,
    remedy: "Upload the whole archive again; nothing of this upload was kept.",
  });
}

/** The bytes are no archive. */
export function notATar(why: string): ConnectError {
  return typedError({
    code: Code.InvalidArgument,
    reason: "UPLOAD_TAR_INVALID",
    message: `the upload is not a tar archive that can be read: ${why}`,
    remedy: "Send a tar archive, plain or compressed with gzip or zstd.",
  });
}

/** The archive is compressed in a way the host cannot read. */
export function compressionUnsupported(what: string): ConnectError {
  return typedError({
    code: Code.InvalidArgument,
    reason: "UPLOAD_COMPRESSION_UNSUPPORTED",
    message: `the upload is compressed with ${what}, which is not supported`,
    remedy: "Send the tar archive plain, or compressed with gzip or zstd.",
  });
}
