import { type Lease, LeasePurpose } from "slipway/driver";
import type { HeldWorker } from "./held-worker.js";
import type { WaitView } from "./plan.js";

/** A lease that waits for a worker of a pool. */
export class WaitingLease {
  readonly id: string;
  readonly result: Promise<HeldWorker>;
  /** It only reads, so it can share a worker with a build. */
  readonly isShared: boolean;
  readonly #since = performance.now();
  readonly #key: string;
  readonly #title: string;
  #resolve!: (held: HeldWorker) => void;
  #reject!: (cause: unknown) => void;
  #isReported = false;

  constructor(
    readonly lease: Lease,
    pool: string,
  ) {
    const { leaseId, purpose, affinityKey, platforms } = lease.context;
    this.id = leaseId;
    this.isShared = purpose === LeasePurpose.INSPECT;
    this.#key = `${affinityKey}\0${platforms.join(",")}`;
    this.#title = `Waiting for a worker of ${pool}`;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.result.catch(() => {});
  }

  view(): WaitView {
    return { id: this.id, key: this.#key, waitedMs: performance.now() - this.#since };
  }

  /** Tells the user what happens meanwhile; one line. */
  write(line?: string): void {
    if (this.#isReported && !line) return;
    this.#isReported = true;
    void this.lease.progress({ id: "worker", name: this.#title, log: line ? `${line}\n` : "" });
  }

  resolve(held: HeldWorker): void {
    if (this.#isReported) {
      this.write(`Got worker ${held.name}.`);
      void this.lease.progress({ id: "worker", name: this.#title, done: true });
    }
    this.#resolve(held);
  }

  reject(cause: unknown): void {
    const error = (cause as Error).message;
    if (this.#isReported && !this.lease.signal.aborted)
      void this.lease.progress({ id: "worker", name: this.#title, done: true, error });
    this.#reject(cause);
  }
}
