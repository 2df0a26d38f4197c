import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { endIfStalled } from "../../util/end-if-stalled.js";
import { stalledReaderMs } from "../builds/outputs/output-streams.js";

/**
 * Ends an answer that holds a node, or a build, and is not read: after ten minutes, ABORTED, reason ANSWER_NOT_READ. The
 * connection of such a client may be alive.
 */
export function endUnread<T>(answer: AsyncGenerator<T>): AsyncGenerator<T> {
  return endIfStalled(answer, stalledReaderMs, () =>
    typedError({
      code: Code.Aborted,
      reason: "ANSWER_NOT_READ",
      message: `The answer was not read for ${stalledReaderMs / 1000} s.`,
      remedy: "Call again, and read the answer to its end.",
    }),
  );
}
