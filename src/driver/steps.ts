import { reporting } from "../util/reporting.js";
import type { Progress } from "./call.js";
import { type WaitingStep, WaitingSteps } from "./waiting-steps.js";

/** What {@link withSteps} yields. */
export type StepEvent<T, E = never> =
  | { case: "progress"; value: Progress }
  | { case: "event"; value: E }
  | { case: "result"; value: T };

/**
 * Runs work that reports its steps, and other events, by callbacks: yields them, then the result. A report resolves when
 * the reader has taken it, so work that waits for it runs at the reader's pace and loses nothing. If work does not
 * wait, steps are merged to bound memory: see {@link WaitingSteps}. Events are never merged or dropped.
 */
export async function* withSteps<T, E = never>(
  work: (progress: (step: Progress) => Promise<void>, event: (event: E) => Promise<void>) => Promise<T>,
): AsyncGenerator<StepEvent<T, E>> {
  type Entry = { step: WaitingStep } | { event: E };
  const waiting = new WaitingSteps();
  const entries = reporting((report: (entry: Entry) => Promise<void>) =>
    work(
      (step) => waiting.add(step, (added) => report({ step: added })),
      (event) => report({ event }),
    ),
  );
  try {
    for (;;) {
      const next = await entries.next();
      if (next.done) return yield { case: "result", value: next.value };
      if ("event" in next.value) yield { case: "event", value: next.value.event };
      else yield { case: "progress", value: waiting.take(next.value.step) };
    }
  } finally {
    // The reader may have left. Work that waits for it must continue.
    void entries.return(undefined as never);
  }
}
