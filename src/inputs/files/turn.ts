import { setImmediate } from "node:timers/promises";

/** How long work runs before other events are handled, in milliseconds. */
const turnMs = 4;

/** Long work that takes turns with the events of the process: where {@link Turn.isOver}, it waits for the next turn. */
export class Turn {
  #end = performance.now() + turnMs;
  #next: Promise<void> | undefined;

  get isOver(): boolean {
    return performance.now() > this.#end;
  }

  /** Waits until other events are handled. All callers share the turn that follows. */
  async next(): Promise<void> {
    while (this.isOver) {
      this.#next ??= this.#begin();
      await this.#next;
    }
  }

  async #begin(): Promise<void> {
    await setImmediate();
    this.#next = undefined;
    this.#end = performance.now() + turnMs;
  }
}
