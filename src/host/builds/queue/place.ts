import type { QueueReason } from "../../../gen/slipway/v1/build_event_pb.js";
import { untilAborted } from "../../../util/until-aborted.js";

/** Where a build stands in the queue, and what it waits for. */
export interface Position {
  /** 1 is the next. */
  readonly place: number;
  readonly reason: QueueReason;
  /** For people; one sentence. */
  readonly message: string;
}

/** A place among the running builds, or one in the queue for it. Several builds can share it. */
export class Place {
  readonly #assigned: Promise<void>;
  readonly #onLeft: () => void;
  readonly #watchers = new Set<(position: Position) => void>();
  #resolve!: () => void;
  #reject!: (cause: unknown) => void;
  #members: number;
  #isAssigned = false;
  #isRefused = false;
  #position: Position | undefined;

  /** @param onLeft called once all members have left */
  constructor(members: number, onLeft: () => void) {
    this.#members = members;
    this.#onLeft = onLeft;
    this.#assigned = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A build that was cancelled does not wait for it any more.
    this.#assigned.catch(() => {});
  }

  /** Whether it is a place among the running builds. */
  get isAssigned(): boolean {
    return this.#isAssigned;
  }

  /** Whether the builds will not run. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Whether the builds know where they stand. */
  get isReported(): boolean {
    return this.#position !== undefined;
  }

  /**
   * Waits until the place is among the running builds. Rejects when the signal aborts or the place is refused.
   * @param onPosition called with the position at first, and when it has changed
   */
  async wait(signal: AbortSignal, onPosition: (position: Position) => void): Promise<void> {
    this.#watchers.add(onPosition);
    if (this.#position && !this.#isAssigned) onPosition(this.#position);
    try {
      await untilAborted(this.#assigned, signal);
    } finally {
      this.#watchers.delete(onPosition);
    }
  }

  /** One of the builds has ended. */
  leave(): void {
    this.#members--;
    if (this.#members === 0) this.#onLeft();
  }

  /** The builds may run. */
  assign(): void {
    this.#isAssigned = true;
    this.#resolve();
  }

  /** The builds will not run. */
  refuse(cause: unknown): void {
    this.#isRefused = true;
    this.#reject(cause);
  }

  /** Tells the builds where they stand. */
  report(position: Position): void {
    const { place, reason } = this.#position ?? {};
    if (place === position.place && reason === position.reason) return;
    this.#position = position;
    for (const watcher of this.#watchers) watcher(position);
  }
}
