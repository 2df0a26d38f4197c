import { clone, create } from "@bufbuild/protobuf";
import type { BuildProgress } from "../../gen/slipway/build/v1/build_progress_pb.js";
import { type StepCounts, StepCountsSchema } from "../../gen/slipway/v1/build_pb.js";

type Outcome = "cachedCount" | "runCount" | "failedCount";

/** Counts the steps of a build that have ended. BuildKit reports the end of a step several times. */
export class StepTally {
  readonly #outcomes = new Map<string, Outcome>();
  readonly #counts = create(StepCountsSchema);

  /** Takes notice of progress. */
  watch({ vertexes, node }: Pick<BuildProgress, "vertexes" | "node">): void {
    for (const { id, cached, endTime, error } of vertexes)
      if (endTime) this.#set(`${node}/${id}`, error ? "failedCount" : cached ? "cachedCount" : "runCount");
  }

  #set(step: string, outcome: Outcome): void {
    const before = this.#outcomes.get(step);
    if (before) this.#counts[before] -= 1;
    this.#outcomes.set(step, outcome);
    this.#counts[outcome] += 1;
  }

  /** A copy of how many steps have ended so far. */
  get counts(): StepCounts {
    return clone(StepCountsSchema, this.#counts);
  }
}
