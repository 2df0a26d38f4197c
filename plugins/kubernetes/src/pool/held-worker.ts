import type { ConnectError } from "@connectrpc/connect";
import type { V1Pod } from "@kubernetes/client-node";
import { type Lease, NodeState } from "slipway/driver";
import { describePod } from "../pods/describe.js";
import { lossOf } from "./faults.js";
import { stoppedAnnotation } from "./worker-pod.js";

/** How long the cluster may take to report why a connection broke, in milliseconds. */
const reasonMs = 10_000;

/** A worker that a lease uses. */
export class HeldWorker {
  readonly name: string;
  /** Resolves with the reason when the worker is lost. */
  readonly lost: Promise<ConnectError>;
  #lose!: (loss: ConnectError) => void;
  #isDraining = false;
  /** Its pool is stopped or removed. */
  #isStopped = false;

  /**
   * @param claim what the pod names the lease by; undefined for a lease that shares the worker with a build
   */
  constructor(
    readonly pod: V1Pod,
    readonly claim: string | undefined,
    private readonly lease: Pick<Lease, "drain">,
  ) {
    this.name = pod.metadata!.name!;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  /** The worker's pod has changed; undefined when it does not exist any more. */
  observe(pod: V1Pod | undefined): void {
    const same = pod && pod.metadata!.uid === this.pod.metadata!.uid ? pod : undefined;
    this.#isStopped ||= same?.metadata?.annotations?.[stoppedAnnotation] !== undefined;
    const loss = lossOf(this.name, same, this.#isStopped);
    if (loss) {
      this.#lose(loss);
      return;
    }
    const { state, reason, message } = describePod(same!);
    if (state !== NodeState.STOPPING || this.#isDraining) return;
    this.#isDraining = true;
    const endTime = same!.metadata!.deletionTimestamp;
    this.lease.drain({ reason: reason || "POD_DELETED", message, endTime: endTime && new Date(endTime) });
  }

  /** Why a connection to the worker broke. Waits a little, since it breaks before the cluster knows why. */
  async explain(): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, reasonMs, undefined).unref();
    });
    const loss = await Promise.race([this.lost, tooLong]);
    clearTimeout(timer);
    return loss?.rawMessage;
  }
}
