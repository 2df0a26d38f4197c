import { Code } from "@connectrpc/connect";
import { SessionError } from "../session/method.js";

const codes: Record<string, Code> = {
  EACCES: Code.PermissionDenied,
  EPERM: Code.PermissionDenied,
  EROFS: Code.PermissionDenied,
  ENOSPC: Code.ResourceExhausted,
  EDQUOT: Code.ResourceExhausted,
  EFBIG: Code.ResourceExhausted,
};

/** What an output could not be written for, as the status that the build will fail with. */
export function outputError(cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause;
  const { code = "", message = String(cause) } = cause as NodeJS.ErrnoException;
  const error = new SessionError(codes[code] ?? Code.Internal, `cannot write the output: ${message}`);
  error.cause = cause;
  return error;
}
