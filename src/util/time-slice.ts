import { setImmediate } from "node:timers/promises";

/** How long work runs before other events are handled, in milliseconds. */
const sliceMs = 4;

/** Time that long work gets before other events are handled: where {@link TimeSlice.isOver}, it waits for the {@link next} one. */
export class TimeSlice {
  #end = performance.now() + sliceMs;
  #next: Promise<void> | undefined;

  get isOver(): boolean {
    return performance.now() > this.#end;
  }

  /** Waits until other events are handled. All callers share the slice that follows. */
  async next(): Promise<void> {
    while (this.isOver) {
      this.#next ??= this.#begin();
      await this.#next;
    }
  }

  async #begin(): Promise<void> {
    await setImmediate();
    this.#next = undefined;
    this.#end = performance.now() + sliceMs;
  }
}
