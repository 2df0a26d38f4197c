import type { Progress } from "../../gen/slipway/common/v1/progress_pb.js";
import { untilAborted } from "../../util/until-aborted.js";
import type { OnProgress } from "./progress.js";
import type { ReadyNode } from "./ready-node.js";

/**
 * A node that is being opened. It is known to take long as soon as its driver reports a step: then the driver creates
 * something for the lease.
 */
export class PendingNode {
  readonly #abort = new AbortController();
  readonly #opening: Promise<ReadyNode | undefined>;
  readonly #steps: Progress[] = [];
  #listener: OnProgress | undefined;
  #onFirst = () => {};

  constructor(open: (signal: AbortSignal, onProgress: OnProgress) => Promise<ReadyNode | undefined>) {
    this.#opening = open(this.#abort.signal, (progress) => this.#report(progress));
    this.#opening.catch(() => {}); // Whoever waits for the node handles it.
  }

  /** The node, or undefined when it does not run; `pending` when it takes long. */
  async soon(signal: AbortSignal): Promise<ReadyNode | undefined | "pending"> {
    const first = new Promise<"pending">((resolve) => {
      this.#onFirst = () => resolve("pending");
    });
    if (this.#steps.length > 0) return "pending";
    return untilAborted(Promise.race([this.#opening, first]), signal);
  }

  /** Waits for the node; passes on its steps, also those that were reported before. */
  async wait(onProgress: OnProgress, signal: AbortSignal): Promise<ReadyNode | undefined> {
    this.#listener = onProgress;
    for (const step of this.#steps.splice(0)) onProgress(step);
    return untilAborted(this.#opening, signal);
  }

  /** Gives the node up, and closes it if it is open. */
  async close(): Promise<void> {
    this.#abort.abort();
    const node = await this.#opening.catch(() => undefined);
    await node?.close();
  }

  #report(progress: Progress): void {
    if (this.#listener) this.#listener(progress);
    else this.#steps.push(progress);
    this.#onFirst();
  }
}
