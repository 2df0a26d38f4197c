import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";

/** The name had bytes that are not UTF-8, so its decoded form does not exist. */
export const isUnreadableName = (name: string) => name.includes("\ufffd");

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
  const hint = isUnreadableName(name) ? " (file names must be UTF-8)" : "";
  const error = new StatusError(
    denied ? Code.PermissionDenied : fallback,
    `cannot read ${name}: ${errno ?? cause}${hint}`,
  );
  error.cause = cause;
  return error;
}
