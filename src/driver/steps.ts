import type { Progress } from "./call.js";

/**
 * Makes an async iterable of a piece of work that reports its steps by callback: first the steps, then the result.
 * A step that the reader has not taken yet is replaced by a later one with the same id, so a slow reader costs no
 * memory; lines of output are kept, up to a limit.
 */
export async function* withSteps<T>(
  work: (progress: (step: Progress) => void) => Promise<T>,
): AsyncIterable<{ case: "progress"; value: Progress } | { case: "result"; value: T }> {
  let waiting: Progress[] = [];
  let wake = () => {};
  let settled = false;
  const result = work((step) => {
    const last = step.log ? -1 : waiting.findIndex((other) => other.id === step.id && !other.log);
    if (last >= 0) waiting[last] = step;
    else if (waiting.length < maxWaiting) waiting.push(step);
    wake();
  }).finally(() => {
    settled = true;
    wake();
  });
  // Its error is thrown below; a reader that leaves early must not make it uncaught.
  result.catch(() => {});
  while (!settled || waiting.length > 0) {
    if (waiting.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    const steps = waiting;
    waiting = [];
    for (const value of steps) yield { case: "progress", value };
  }
  yield { case: "result", value: await result };
}

const maxWaiting = 10_000;
