import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import { log, NodeState, readTypedError } from "slipway/driver";
import { kinds } from "../cluster/kinds.js";
import { identityOf, type Target } from "../cluster/open.js";
import { describeRestart } from "../pods/describe.js";
import { type DynamicNodeInit, dynamicNode } from "../pods/dynamic-nodes.js";
import { noteLoss } from "../pods/losses.js";

/** Time between two attempts to watch, in milliseconds. */
const retryMs = 1_000;
/** How long the cluster may take to report why a connection broke, in milliseconds. */
const reasonMs = 10_000;

/** Watches a pod while a stream to it is open, and reports why it was lost. */
export class PodGuard {
  readonly #closed = new AbortController();
  #loss: DynamicNodeInit | undefined;
  #onLoss = () => {};

  constructor(
    private readonly target: Target,
    private readonly pod: V1Pod,
  ) {}

  /** Ends the stream as soon as the pod is lost, since a lost machine closes no connection. */
  guard(stream: Duplex): void {
    stream.once("close", () => this.#closed.abort());
    void this.#watch((loss) => {
      this.#loss = loss;
      noteLoss(identityOf(this.target), loss);
      this.#onLoss();
      stream.destroy(new Error(loss.message));
    });
  }

  /** Why the pod was lost. Waits a little, since a connection breaks before the cluster knows why. */
  async reason(): Promise<string | undefined> {
    if (!this.#loss) {
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#onLoss = resolve;
        }),
        sleep(reasonMs, undefined, { ref: false }),
      ]);
    }
    return this.#loss?.message;
  }

  async #watch(onLoss: (loss: DynamicNodeInit) => void): Promise<void> {
    const { signal } = this.#closed;
    const { platforms } = this.target.settings;
    const name = this.pod.metadata!.name!;
    const restarts = restartsOf(this.pod);
    const reportIfLost = (pod: V1Pod): boolean => {
      const node = dynamicNode(pod, platforms);
      if (node.state === NodeState.RUNNING && restartsOf(pod) === restarts) return false;
      onLoss(node.message ? node : { ...node, ...describeRestart(pod) });
      return true;
    };
    let version: string | undefined = this.pod.metadata!.resourceVersion;
    while (!signal.aborted) {
      try {
        if (version === undefined) {
          const pod = await this.target.api.get<V1Pod>(kinds.pods, name, signal);
          if (pod?.metadata?.uid !== this.pod.metadata!.uid) return onLoss(deleted(name));
          if (reportIfLost(pod!)) return;
          version = pod!.metadata!.resourceVersion;
        }
        const selector = { fields: `metadata.name=${name}` };
        for await (const { type, object } of this.target.api.watch<V1Pod>(
          kinds.pods,
          selector,
          version!,
          signal,
        )) {
          if (type === "DELETED") return onLoss(deleted(name));
          // The version is too old: reads the pod again.
          if (type === "ERROR") break;
          if (type === "MODIFIED" && reportIfLost(object)) return;
        }
      } catch (error) {
        const { reason, message } = readTypedError(error);
        if (reason === "KUBERNETES_FORBIDDEN") return log.warn(`Cannot watch the pod of a build: ${message}`);
        // Without the API server the connection to the pod breaks too, with its own error.
        await sleep(retryMs, undefined, { signal, ref: false }).catch(() => {});
      }
      version = undefined;
    }
  }
}

function restartsOf({ status }: V1Pod): number {
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

function deleted(name: string): DynamicNodeInit {
  return {
    name,
    state: NodeState.STOPPED,
    reason: "POD_DELETED",
    message: `Pod ${name} was deleted.`,
    platforms: [],
  };
}
