import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";

/** Whether a call failed because there is nothing at its path. */
export function isGone(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** The error of a call on a path, as BuildKit gets it. */
export function failure(cause: unknown, fallback: Code, name: string): StatusError {
  if (cause instanceof StatusError) return cause;
  const { code: errno } = cause as NodeJS.ErrnoException;
  const denied = errno === "EACCES" || errno === "EPERM";
  const error = new StatusError(
    denied ? Code.PermissionDenied : fallback,
    `cannot read ${name.toWellFormed()}: ${errno ?? cause}`,
  );
  error.cause = cause;
  return error;
}
