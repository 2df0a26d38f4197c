import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { untilAborted } from "../../util/until-aborted.js";
import { withTimeout } from "../../util/with-timeout.js";

/** How long a call to a node may take. */
export interface CallLimits {
  signal: AbortSignal;
  /** How long the node may take to answer, in milliseconds. */
  timeoutMs: number;
}

/** Runs work for a node; DEADLINE_EXCEEDED, reason NODE_TIMEOUT, when the node does not answer in time. */
export function withinTimeout<T>(
  { signal, timeoutMs }: CallLimits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withTimeout(timeoutMs, signal, (limit) =>
    untilAborted(work(limit), limit).catch((cause) => {
      if (!limit.aborted || signal.aborted) throw cause;
      throw typedError({
        code: Code.DeadlineExceeded,
        reason: "NODE_TIMEOUT",
        message: `The node did not answer within ${timeoutMs / 1000} s.`,
        remedy: "Use a longer timeout.",
      });
    }),
  );
}
