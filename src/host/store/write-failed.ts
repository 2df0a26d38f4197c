import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { settlesWithin } from "../../util/settles-within.js";
import { withPeriod } from "../../util/with-period.js";

/** How long to wait for the reason of a failed commit, in milliseconds. */
const reasonMs = 1000;

/** RESOURCE_EXHAUSTED, reason STATE_NOT_STORED; `why` is a clause. */
export function notStored(why: string, cause?: unknown): ConnectError {
  const error = typedError({
    code: Code.ResourceExhausted,
    reason: "STATE_NOT_STORED",
    message: `The host cannot store its state: ${withPeriod(why)}`,
    remedy: "Free space on the file system of the host's state folder, then try again.",
  });
  error.cause = cause;
  return error;
}

/** Converts an error of lmdb. */
export async function writeFailed(cause: unknown): Promise<ConnectError> {
  let reason = cause as Error;
  // lmdb rejects a second promise with the reason of a failed commit, which must not stay unhandled.
  const { commitError } = cause as { commitError?: Promise<never> };
  const known = commitError?.catch((error: Error) => {
    reason = error;
  });
  if (known) await settlesWithin(reasonMs, known);
  return notStored(reason.message, cause);
}
