import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { readTypedError } from "slipway/driver";
import { kinds } from "../cluster/kinds.js";
import type { Target } from "../cluster/open.js";

/** Minimum time between two reads, in milliseconds, since each pod needs a request. */
const intervalMs = 1_000;

/** Reads the events of a node's pods. Returns none when the user has no permission. */
export class EventReader {
  #nextAt = 0;
  #forbidden = false;
  /** As the events' times, of the wall clock. */
  readonly #startedAt = Date.now();

  constructor(private readonly target: Target) {}

  /** New events of the workload and its pods since this reader was created. */
  async read(pods: V1Pod[], signal: AbortSignal): Promise<CoreV1Event[]> {
    if (this.#forbidden || performance.now() < this.#nextAt) return [];
    this.#nextAt = performance.now() + intervalMs;
    const { api, settings } = this.target;
    const names = [settings.name, ...pods.map((pod) => pod.metadata?.name ?? "")];
    try {
      const lists = await Promise.all(
        names.map((name) =>
          api.list<CoreV1Event>(kinds.events, { fields: `involvedObject.name=${name}` }, signal),
        ),
      );
      return lists.flatMap(({ items }) => items.filter((event) => !this.#isOld(event)));
    } catch (error) {
      signal.throwIfAborted();
      this.#forbidden = readTypedError(error).reason === "KUBERNETES_FORBIDDEN";
      return [];
    }
  }

  /** Allows for a clock difference of one minute between the cluster and this machine. */
  #isOld({ lastTimestamp, eventTime, metadata }: CoreV1Event): boolean {
    const at = lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
    return at !== undefined && new Date(at).getTime() < this.#startedAt - 60_000;
  }
}
