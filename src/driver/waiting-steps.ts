import type { Progress } from "./call.js";

/** Most lines of output that wait for the reader. */
const maxLines = 10_000;

/** Key of the step that says how many lines were left out. */
const leftOutKey = Symbol("left out");

/** A step that the reader has not taken. */
export interface WaitingStep {
  /** Steps with the same one replace each other. */
  key: unknown;
  step: Progress;
  taken?: Promise<void>;
}

/**
 * Steps that the reader has not taken. A later one with the same id replaces an earlier one; lines of output all stay,
 * up to a limit, and a last line says how many were left out.
 */
export class WaitingSteps {
  readonly #byKey = new Map<unknown, WaitingStep>();
  #lines = 0;
  #leftOut = 0;

  /**
   * Adds a step; resolves when the reader has taken it.
   * @param send queues a step that is new; resolves when it is taken
   */
  add(step: Progress, send: (step: WaitingStep) => Promise<void>): Promise<void> {
    if (!step.log) return this.#put(step.id, step, send);
    if (this.#lines < maxLines) {
      this.#lines += 1;
      return this.#put(Symbol(), step, send);
    }
    this.#leftOut += 1;
    const log = `Lines of output left out, since they came faster than they were read: ${this.#leftOut}\n`;
    return this.#put(leftOutKey, { ...step, log }, send);
  }

  /** The reader takes a step. */
  take({ key, step }: WaitingStep): Progress {
    this.#byKey.delete(key);
    if (key === leftOutKey) this.#leftOut = 0;
    else if (step.log) this.#lines -= 1;
    return step;
  }

  #put(key: unknown, step: Progress, send: (step: WaitingStep) => Promise<void>): Promise<void> {
    const earlier = this.#byKey.get(key);
    if (earlier?.taken) {
      earlier.step = step;
      return earlier.taken;
    }
    const added: WaitingStep = { key, step };
    this.#byKey.set(key, added);
    added.taken = send(added);
    return added.taken;
  }
}
