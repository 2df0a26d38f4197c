import fc from "fast-check";
import type { Target } from "./target.js";

/** An input that a parser neither took nor refused. */
export interface Fault {
  input: unknown;
  error: string;
}

/** What fuzzing one target gave. */
export interface FuzzResult {
  runs: number;
  faults: Fault[];
  /** The longest time that one input took, in milliseconds. */
  slowestMs: number;
}

/** An input that takes longer is a fault, in milliseconds. */
const hangMs = 10_000;
/** Faults of one target that are kept. */
const keptFaults = 5;

/** Runs a target on so many inputs, the same ones for the same seed. */
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
