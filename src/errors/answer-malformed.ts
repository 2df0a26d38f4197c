import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "./typed-error.js";

/** DATA_LOSS, reason ANSWER_MALFORMED: a peer sent something other than what it must. Both are sentence parts. */
export function answerMalformed(what: string, fault: string): ConnectError {
  return typedError({
    code: Code.DataLoss,
    reason: "ANSWER_MALFORMED",
    message: `${what} is malformed: ${fault}.`,
  });
}
