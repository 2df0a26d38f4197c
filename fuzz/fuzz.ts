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

/** Which inputs to run. The same seed generates the same inputs. */
export interface FuzzOptions {
  /** Number of inputs. */
  runs: number;
  seed: number;
  /** Inputs before this position are left out; default 0. */
  from?: number;
  /** Called before each input with its position. */
  onInput?(position: number): void;
  onFault?(fault: Fault): void;
}

/** How many faults of one target are kept. */
export const keptFaults = 5;
/** Inputs that are generated at once. */
const batch = 1000;

/** Runs a target on generated inputs. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<FuzzResult> {
  const { runs, from = 0, onInput, onFault } = options;
  const result: FuzzResult = { runs: 0, faults: [], slowestMs: 0 };
  for (let position = from; position < runs; ) {
    for (const input of inputsFrom(target, options, position)) {
      onInput?.(position);
      const begin = performance.now();
      const error = await errorOf(target, input);
      result.slowestMs = Math.max(result.slowestMs, performance.now() - begin);
      if (error && result.faults.length < keptFaults) {
        result.faults.push({ input, error });
        onFault?.({ input, error });
      }
      result.runs += 1;
      position += 1;
    }
  }
  return result;
}

/** The inputs at a position and behind it, up to the end of their batch. */
export function inputsFrom(target: Target, { runs, seed }: FuzzOptions, position: number): unknown[] {
  const start = position - (position % batch);
  const numRuns = Math.min(batch, runs - start);
  return fc.sample(target.inputs, { seed: seed + start, numRuns }).slice(position - start);
}

/** The error of a parser that does not refuse its input with its own error. */
async function errorOf(target: Target, input: unknown): Promise<string | undefined> {
  try {
    await target.run(input);
  } catch (cause) {
    if (!target.refuses(cause))
      return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  }
}
