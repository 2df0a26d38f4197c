import type { BuildProgress } from "../../gen/slipway/build/v1/build_progress_pb.js";
import type { StepCounts } from "../base/meter.js";

/** Counts the steps of a build that have ended. BuildKit reports the end of a step several times. */
export class StepTally {
  readonly #outcomes = new Map<string, keyof StepCounts>();

  /** Takes notice of progress. */
  watch({ vertexes }: Pick<BuildProgress, "vertexes">): void {
    for (const { id, cached, endTime, error } of vertexes)
      if (endTime) this.#outcomes.set(id, error ? "failed" : cached ? "cached" : "run");
  }

  /** The steps that have ended so far. */
  get counts(): StepCounts {
    const counts = { cached: 0, run: 0, failed: 0 };
    for (const outcome of this.#outcomes.values()) counts[outcome] += 1;
    return counts;
  }
}
