import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";

const codes: Record<string, Code> = {
  EACCES: Code.PermissionDenied,
  EPERM: Code.PermissionDenied,
  EROFS: Code.PermissionDenied,
  ENOSPC: Code.ResourceExhausted,
  EDQUOT: Code.ResourceExhausted,
  EFBIG: Code.ResourceExhausted,
};

/** What an output could not be written for, as the status that the build will fail with. */
export function outputError(cause: unknown): StatusError {
  if (cause instanceof StatusError) return cause;
  const { code = "", message = String(cause) } = cause as NodeJS.ErrnoException;
  const error = new StatusError(codes[code] ?? Code.Internal, `cannot write the output: ${message}`);
  error.cause = cause;
  return error;
}
