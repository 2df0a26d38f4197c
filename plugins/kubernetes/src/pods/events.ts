import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { readTypedError } from "slipway/driver";
import { kinds } from "../cluster/api.js";
import type { Target } from "../cluster/open.js";

/** Time between two looks at the events, in milliseconds: each pod's are a request of their own. */
const everyMs = 1_000;

/** Reads what the cluster says of a node's pods. Whoever may not see events does without them. */
export class EventReader {
  #next = 0;
  #refused = false;
  readonly #begun = Date.now();

  constructor(private readonly target: Target) {}

  /** Events of the workload and its pods that are no older than this reader. */
  async read(pods: V1Pod[], signal: AbortSignal): Promise<CoreV1Event[]> {
    if (this.#refused || Date.now() < this.#next) return [];
    this.#next = Date.now() + everyMs;
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
      this.#refused = readTypedError(error).reason === "KUBERNETES_FORBIDDEN";
      return [];
    }
  }

  /** A minute of grace, since the clocks of the cluster and of this machine may differ. */
  #isOld({ lastTimestamp, eventTime, metadata }: CoreV1Event): boolean {
    const at = lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
    return at !== undefined && new Date(at).getTime() < this.#begun - 60_000;
  }
}
