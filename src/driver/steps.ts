import { reporting } from "../util/reporting.js";
import type { Progress } from "./call.js";

/** Most steps that wait for a reader. */
const maxQueued = 10_000;

/**
 * Runs work that reports its steps by callback: yields the steps, then the result. A step that the reader has not
 * taken yet is replaced by a later one with the same id, so that a slow reader costs no memory; lines of output are
 * kept, up to a limit.
 */
export async function* withSteps<T>(
  work: (progress: (step: Progress) => void) => Promise<T>,
): AsyncGenerator<{ case: "progress"; value: Progress } | { case: "result"; value: T }> {
  interface Entry {
    key: unknown;
    step: Progress;
  }
  const queued = new Map<unknown, Entry>();
  const entries = reporting((report: (entry: Entry) => void) =>
    work((step) => {
      const key = step.log ? Symbol() : step.id;
      const earlier = queued.get(key);
      if (earlier) earlier.step = step;
      else if (queued.size < maxQueued) {
        const entry = { key, step };
        queued.set(key, entry);
        report(entry);
      }
    }),
  );
  for (;;) {
    const next = await entries.next();
    if (next.done) return yield { case: "result", value: next.value };
    queued.delete(next.value.key);
    yield { case: "progress", value: next.value.step };
  }
}
