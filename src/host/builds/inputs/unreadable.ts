import { Code, type ConnectError } from "@connectrpc/connect";
import type { Reason } from "../../../errors/reasons.js";
import { typedError } from "../../../errors/typed-error.js";

type FileError = NodeJS.ErrnoException;

/** The error for a context folder that cannot be opened, in buildx's words. */
export function unreadableContext(field: string, path: string, error: FileError): ConnectError {
  const text = error.code === "ENOENT" ? "not found" : textOf(error);
  const reason = isMissing(error) ? "CONTEXT_NOT_FOUND" : "CONTEXT_UNREADABLE";
  return inputError(field, reason, `unable to prepare context: path ${JSON.stringify(path)} ${text}`);
}

/** The error for a Dockerfile that cannot be opened, in buildx's words. */
export function unreadableDockerfile(field: string, path: string, error: FileError): ConnectError {
  const text = error.code === "ENOENT" ? "no such file or directory" : textOf(error);
  const reason = isMissing(error) ? "DOCKERFILE_NOT_FOUND" : "DOCKERFILE_UNREADABLE";
  return inputError(field, reason, `failed to read dockerfile: open ${path}: ${text}`);
}

/** The error for a context or Dockerfile that cannot be used: NOT_FOUND or INVALID_ARGUMENT. */
export function inputError(field: string, reason: Reason, message: string, remedy?: string): ConnectError {
  const code = reason.endsWith("_NOT_FOUND") ? Code.NotFound : Code.InvalidArgument;
  return typedError({ code, reason, message, remedy, fields: [{ field, reason, message }] });
}

function isMissing({ code }: FileError): boolean {
  return code === "ENOENT" || code === "ENOTDIR";
}

function textOf({ code = "", message }: FileError): string {
  const texts: Record<string, string> = {
    EACCES: "permission denied",
    ENOTDIR: "not a directory",
    ELOOP: "too many levels of symbolic links",
  };
  return texts[code] ?? message;
}
