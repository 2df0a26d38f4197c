import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import { log, NodeState, readTypedError } from "slipway/driver";
import { kinds } from "../cluster/api.js";
import { identityOf, type Target } from "../cluster/open.js";
import { describeRestart } from "../pods/describe.js";
import { type DynamicNodeInit, dynamicNode } from "../pods/dynamic-nodes.js";
import { noteLoss } from "../pods/losses.js";

/** Time between two attempts to watch, in milliseconds. */
const retryMs = 1_000;
/** So long the cluster may take to say why a connection broke, in milliseconds. */
const reasonMs = 3_000;

/** Watches a pod for as long as a stream to it is open, and says why it went. */
export class PodGuard {
  readonly #over = new AbortController();
  #why: DynamicNodeInit | undefined;
  #told = () => {};

  constructor(
    private readonly target: Target,
    private readonly pod: V1Pod,
  ) {}

  /** Ends the stream as soon as the pod is of no more use: a lost machine closes no connection. */
  guard(stream: Duplex): void {
    stream.once("close", () => this.#over.abort());
    void this.#watch((why) => {
      this.#why = why;
      noteLoss(identityOf(this.target), why);
      this.#told();
      stream.destroy(new Error(why.reason));
    });
  }

  /** Why the pod went; waits a little, since a connection breaks before the cluster knows. */
  async reason(): Promise<string | undefined> {
    if (!this.#why) {
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#told = resolve;
        }),
        sleep(reasonMs, undefined, { ref: false }),
      ]);
    }
    return this.#why?.reason;
  }

  async #watch(lost: (why: DynamicNodeInit) => void): Promise<void> {
    const { signal } = this.#over;
    const { platforms } = this.target.settings;
    const name = this.pod.metadata!.name!;
    const restarts = restartsOf(this.pod);
    const judge = (pod: V1Pod): boolean => {
      const why = dynamicNode(pod, platforms);
      if (why.state === NodeState.RUNNING && restartsOf(pod) === restarts) return false;
      lost({ ...why, reason: why.reason || describeRestart(pod) || `pod ${name} has started again` });
      return true;
    };
    let version: string | undefined = this.pod.metadata!.resourceVersion;
    while (!signal.aborted) {
      try {
        if (version === undefined) {
          const pod = await this.target.api.get<V1Pod>(kinds.pods, name, signal);
          if (pod?.metadata?.uid !== this.pod.metadata!.uid) return lost(gone(name));
          if (judge(pod!)) return;
          version = pod!.metadata!.resourceVersion;
        }
        const selector = { fields: `metadata.name=${name}` };
        for await (const { type, object } of this.target.api.watch<V1Pod>(
          kinds.pods,
          selector,
          version!,
          signal,
        )) {
          if (type === "DELETED") return lost(gone(name));
          // A version that is too old is an error; the pod is looked at anew.
          if (type === "ERROR") break;
          if (type === "MODIFIED" && judge(object)) return;
        }
      } catch (error) {
        const { reason, message } = readTypedError(error);
        if (reason === "KUBERNETES_FORBIDDEN") return log.warn(`cannot watch over a build's pod: ${message}`);
        // Without the API server there is no connection to the pod either, and that tells by itself.
        await sleep(retryMs, undefined, { signal, ref: false }).catch(() => {});
      }
      version = undefined;
    }
  }
}

function restartsOf({ status }: V1Pod): number {
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

function gone(name: string): DynamicNodeInit {
  return { name, state: NodeState.STOPPED, reason: `pod ${name} was deleted`, platforms: [] };
}
