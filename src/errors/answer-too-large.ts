import { Code, type ConnectError } from "@connectrpc/connect";
import { StatusError } from "./status-error.js";
import { typedError } from "./typed-error.js";

/** RESOURCE_EXHAUSTED, reason ANSWER_TOO_LARGE: a peer sends more than the host takes. `limit` is an amount. */
export function answerTooLarge(what: string, limit: string): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "ANSWER_TOO_LARGE",
    message: textOf(what, limit),
    metadata: { limit },
  });
}

/** The same as a status for BuildKit, which ends the build with its text. */
export function transferTooLarge(what: string, limit: string): StatusError {
  return new StatusError(Code.ResourceExhausted, textOf(what, limit));
}

function textOf(what: string, limit: string): string {
  return `${what} has more than ${limit}, which is more than the host takes.`;
}
