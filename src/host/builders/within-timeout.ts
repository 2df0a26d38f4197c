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

/** What did not happen in time, as a clause after "The node", and what to do. */
interface Late {
  what: string;
  remedy: string;
}

const noAnswer: Late = { what: "did not answer", remedy: "Use a longer timeout." };

/** Runs work for a node; DEADLINE_EXCEEDED, reason NODE_TIMEOUT, when it takes too long. */
export function withinTimeout<T>(
  { signal, timeoutMs }: CallLimits,
  work: (signal: AbortSignal) => Promise<T>,
  late = noAnswer,
): Promise<T> {
  return withTimeout(timeoutMs, signal, (limit) =>
    untilAborted(work(limit), limit).catch((cause) => {
      if (!limit.aborted || signal.aborted) throw cause;
      throw typedError({
        code: Code.DeadlineExceeded,
        reason: "NODE_TIMEOUT",
        message: `The node ${late.what} within ${timeoutMs / 1000} s.`,
        remedy: late.remedy,
      });
    }),
  );
}
