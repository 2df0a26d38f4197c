import { forEachLimit } from "../../src/util/for-each-limit.js";
import { type Trial, trialOf } from "./trial.js";

/** How a trial went. */
export interface Outcome {
  /** What is wrong; undefined if nothing is. */
  problem?: string;
  /** How the build ended: `SUCCEEDED`, or the reason of its error. */
  end: string;
  /** The faults that were injected. */
  injected: readonly { kind: string }[];
}

/** How many trials to run, and how. */
export interface DrillOptions {
  /** The first trial's seed; each further trial adds 1. */
  seed: number;
  /** Maximum number of trials. */
  count: number;
  /** No trial starts after this time, in milliseconds since 1970. */
  until?: number;
  /** No trial starts after it has aborted. */
  signal?: AbortSignal;
  /** The trial of a seed. Default: {@link trialOf}. */
  trial?(seed: number): Trial;
  /** How many run at the same time. */
  lanes: number;
  /** Runs one trial in a lane, which has one trial at a time. */
  run(trial: Trial, lane: number): Promise<Outcome>;
  /** Called after each trial with its duration in milliseconds. */
  onOutcome?(trial: Trial, outcome: Outcome & { ms: number }): void;
}

/** After this many problems no trial starts. */
const maxProblems = 20;

/** The sum of all outcomes. */
export interface DrillReport {
  trials: number;
  problems: { seed: number; problem: string }[];
  /** How often each kind of fault was injected. */
  injected: Record<string, number>;
  /** How often builds ended in each way. */
  ends: Record<string, number>;
}

/** Runs trials. An error that a trial throws is a problem. */
export async function drill(options: DrillOptions): Promise<DrillReport> {
  const { seed, count, until = Number.POSITIVE_INFINITY, signal, lanes, run, onOutcome } = options;
  const report: DrillReport = { trials: 0, problems: [], injected: {}, ends: {} };
  const free = Array.from({ length: lanes }, (_, lane) => lane);
  function* seeds() {
    for (let next = seed; next < seed + count; next += 1) {
      if (Date.now() >= until || signal?.aborted || report.problems.length >= maxProblems) return;
      yield next;
    }
  }
  await forEachLimit(seeds(), lanes, async (each) => {
    const lane = free.pop()!;
    const begin = Date.now();
    const trial = (options.trial ?? trialOf)(each);
    const outcome = await run(trial, lane).catch(
      (cause): Outcome => ({ problem: String(cause?.stack ?? cause), end: "ERROR", injected: [] }),
    );
    free.push(lane);
    report.trials += 1;
    if (outcome.problem) report.problems.push({ seed: each, problem: outcome.problem });
    increment(report.ends, outcome.end);
    for (const { kind } of outcome.injected) increment(report.injected, kind);
    onOutcome?.(trial, { ...outcome, ms: Date.now() - begin });
  });
  return report;
}

function increment(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
