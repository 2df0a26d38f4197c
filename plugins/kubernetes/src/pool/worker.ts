import type { V1Pod } from "@kubernetes/client-node";
import { NodeState } from "slipway/driver";
import { describePod } from "../pods/describe.js";
import { annotations, workerLabel } from "../workload/ownership.js";
import type { WorkerView } from "./plan.js";
import { leaseAnnotation, renewedAnnotation } from "./worker-pod.js";

/** A lease that has not been renewed for this time is that of a host that ended, in milliseconds. */
const staleMs = 60_000;

/** One pod of a pool as this process sees it. Times are by its own clock, since those of hosts differ. */
export class Worker {
  readonly index: number;
  /** It will never be ready. */
  isBroken = false;
  /** It was never ready before its present state. */
  wasStarting = false;
  #pod: V1Pod;
  #state: WorkerView["state"];
  #since = performance.now();
  /** The renewal that was seen last, and when. */
  #renewal: { value: string | undefined; at: number } = { value: undefined, at: 0 };

  constructor(pod: V1Pod) {
    this.index = Number(pod.metadata!.labels![workerLabel]);
    this.#pod = pod;
    this.update(pod);
    this.#state = this.#stateNow(new Set());
  }

  get pod(): V1Pod {
    return this.#pod;
  }

  get name(): string {
    return this.#pod.metadata!.name!;
  }

  get version(): string {
    return this.#pod.metadata!.resourceVersion!;
  }

  /** Id of the lease that it has, of any host. */
  get lease(): string | undefined {
    return this.#pod.metadata!.annotations?.[leaseAnnotation];
  }

  /** Its pod has changed. */
  update(pod: V1Pod): void {
    this.#pod = pod;
    const value = `${this.lease} ${pod.metadata!.annotations?.[renewedAnnotation]}`;
    if (value !== this.#renewal.value) this.#renewal = { value, at: performance.now() };
  }

  /** @param deleted ids of pods that this process has deleted */
  view(digest: string, deleted: ReadonlySet<string>): WorkerView {
    const state = this.#stateNow(deleted);
    if (state !== this.#state) {
      this.wasStarting = this.#state === "starting";
      this.#state = state;
      this.#since = performance.now();
    }
    return {
      index: this.index,
      state,
      forMs: performance.now() - this.#since,
      outdated: this.#pod.metadata!.annotations?.[annotations.settings] !== digest,
    };
  }

  /** When the lease of another host becomes stale, in milliseconds from now; undefined without a lease. */
  get staleInMs(): number | undefined {
    return this.lease === undefined ? undefined : Math.max(0, this.#renewal.at + staleMs - performance.now());
  }

  #stateNow(deleted: ReadonlySet<string>): WorkerView["state"] {
    const { metadata, status } = this.#pod;
    if (metadata?.deletionTimestamp || deleted.has(metadata!.uid!)) return "ending";
    if (this.isBroken) return "failed";
    const { state } = describePod(this.#pod);
    if (status?.phase === "Failed" || status?.phase === "Succeeded") return "failed";
    if (state === NodeState.UNREACHABLE || state === NodeState.STOPPING) return "ending";
    if (this.lease && this.staleInMs! > 0) return "busy";
    return state === NodeState.RUNNING ? "idle" : "starting";
  }
}
