import type { BuildProgress } from "../../gen/slipway/build/v1/build_progress_pb.js";

/** Remembers which steps failed, since BuildKit before 0.9 does not say it in the error of the build. */
export class FailedVertexes {
  readonly #errors = new Map<string, string>();

  /** Takes notice of progress. */
  watch({ vertexes }: Pick<BuildProgress, "vertexes">): void {
    for (const { id, error } of vertexes) {
      // The others end with the one that failed.
      if (error && !/context canceled/.test(error)) this.#errors.set(id, error);
    }
  }

  /** Whether its failure was seen. */
  has(id: string): boolean {
    return this.#errors.has(id);
  }

  /** The step that a build's error is about: the one with that error, else the first that failed. */
  of(message: string): string {
    const failed = [...this.#errors];
    const [id = ""] = failed.find(([, error]) => message.includes(error)) ?? failed[0] ?? [];
    return id;
  }
}
