import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { freeBytes } from "../../util/free-bytes.js";

/** An entry is refused; `field` is its path in the request if it came in a manifest. `why` is a clause. */
export function entryRefused(path: string, why: string, field?: string): ConnectError {
  const message = `The entry ${JSON.stringify(path)} is refused: ${why}.`;
  return typedError({
    code: Code.InvalidArgument,
    reason: "UPLOAD_ENTRY_REFUSED",
    message,
    metadata: { path },
    fields: field ? [{ field, message, reason: "UPLOAD_ENTRY_REFUSED" }] : [],
    remedy: "Remove the entry, or list it in .dockerignore.",
  });
}

/** The upload exceeds {@link UploadLimits}. `what` is a clause. */
export function tooLarge(what: string): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "UPLOAD_TOO_LARGE",
    message: `The upload is too large: ${what}.`,
    remedy: "List what the build does not need in .dockerignore.",
  });
}

/** An upload has too many incomplete contents. */
export function tooMany(what: string, remedy: string): ConnectError {
  return typedError({ code: Code.ResourceExhausted, reason: "UPLOAD_TOO_MANY", message: what, remedy });
}

/** A chunk does not start where the last one ended; the metadata has the expected offset as "offset". */
export function offsetMismatch(what: string, given: bigint | number, expected: number): ConnectError {
  return typedError({
    code: Code.OutOfRange,
    reason: "UPLOAD_OFFSET_MISMATCH",
    message: `${what} continues at offset ${expected}, not ${given}.`,
    metadata: { offset: String(expected) },
    remedy: "Continue from the expected offset.",
  });
}

/** Converts the error of a full disk into a typed one; returns other errors unchanged. */
export function withDiskErrors(cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === "ENOSPC" || code === "EDQUOT" ? noSpace(code) : cause;
}

/** Throws unless a disk has room for more bytes besides those that are reserved for the host's state. */
export function requireSpace(folder: string, bytes: number, reservedBytes: number): void {
  if (freeBytes(folder) < bytes + reservedBytes) throw noSpace("the rest is reserved for its state");
}

function noSpace(why: string): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "UPLOAD_NO_SPACE",
    message: `The host has no disk space left for the upload (${why}).`,
    remedy: "Free space on the file system of the host's state folder, then upload again.",
  });
}
