import fc from "fast-check";
import type { Target } from "./target.js";

/** An input that a parser neither accepted nor refused. */
export interface Fault {
  input: unknown;
  error: string;
}

/** Result of fuzzing one target. */
export interface FuzzResult {
  runs: number;
  faults: Fault[];
  /** The longest duration of one input, in milliseconds. */
  slowestMs: number;
}

/** Time limit of one input, in milliseconds; a longer duration is a fault. */
const hangMs = 10_000;
/** How many faults of one target are kept. */
const keptFaults = 5;

/** Runs a target on `runs` generated inputs. The same seed generates the same inputs. */
export async function fuzz(target: Target, runs: number, seed: number): Promise<FuzzResult> {
  const result: FuzzResult = { runs: 0, faults: [], slowestMs: 0 };
  for (const input of fc.sample(target.inputs, { seed, numRuns: runs })) {
    const begin = performance.now();
    let error: string | undefined;
    try {
      await target.run(input);
    } catch (cause) {
      if (!target.refuses(cause))
        error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    }
    const ms = performance.now() - begin;
    result.slowestMs = Math.max(result.slowestMs, ms);
    if (ms > hangMs) error ??= `it took ${Math.round(ms)} ms`;
    if (error && result.faults.length < keptFaults) result.faults.push({ input, error });
    result.runs += 1;
  }
  return result;
}
