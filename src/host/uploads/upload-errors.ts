import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";

/** An entry that no context may hold; `field` is its place in the request when it came in a manifest. */
export function entryRefused(path: string, why: string, field?: string): ConnectError {
  const message = `the upload's entry ${JSON.stringify(path)} is refused: ${why}`;
  return typedError({
    code: Code.InvalidArgument,
    reason: "UPLOAD_ENTRY_REFUSED",
    message,
    metadata: { path },
    fields: field ? [{ field, message: why, reason: "UPLOAD_ENTRY_REFUSED" }] : [],
    remedy: "Leave the entry out, or list it in .dockerignore.",
  });
}

/** More than {@link UploadLimits} allow. */
export function tooLarge(what: string): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "UPLOAD_TOO_LARGE",
    message: `the upload is too large: ${what}`,
    remedy: "List what the build does not need in .dockerignore.",
  });
}

/** More at a time than the host takes. */
export function tooMany(what: string, remedy: string): ConnectError {
  return typedError({ code: Code.ResourceExhausted, reason: "UPLOAD_TOO_MANY", message: what, remedy });
}

/** A piece that does not continue what the host has; `expected` is in the metadata as "offset". */
export function offsetMismatch(what: string, given: bigint | number, expected: number): ConnectError {
  return typedError({
    code: Code.OutOfRange,
    reason: "UPLOAD_OFFSET_MISMATCH",
    message: `${what} continues at offset ${expected}, not ${given}`,
    metadata: { offset: String(expected) },
    remedy: "Continue from the offset that is expected.",
  });
}

/** Turns a full disk into a typed error; hands anything else back as it is. */
export function withDiskErrors(cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return cause;
  return typedError({
    code: Code.ResourceExhausted,
    reason: "UPLOAD_NO_SPACE",
    message: `the host has no space left for the upload (${code})`,
    remedy: "Free space on the file system that holds the host's state, then upload again.",
  });
}
