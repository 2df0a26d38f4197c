import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { withPeriod } from "../../util/with-period.js";

const codes: Record<string, Code> = {
  EACCES: Code.PermissionDenied,
  EPERM: Code.PermissionDenied,
  EROFS: Code.PermissionDenied,
  ENOSPC: Code.ResourceExhausted,
  EDQUOT: Code.ResourceExhausted,
  EFBIG: Code.ResourceExhausted,
};

/** The status with which the build fails when its output cannot be written. */
export function outputError(cause: unknown): StatusError {
  if (cause instanceof StatusError) return cause;
  const { code = "", message = String(cause) } = cause as NodeJS.ErrnoException;
  const error = new StatusError(
    codes[code] ?? Code.Internal,
    withPeriod(`Cannot write the output: ${message}`),
  );
  error.cause = cause;
  return error;
}
