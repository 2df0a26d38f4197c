import type { CoreV1Event, V1Deployment, V1StatefulSet } from "@kubernetes/client-node";
import {
  type BootstrapCall,
  Code,
  driverError,
  formatDuration,
  type NodeConfig,
  NodeState,
  type NodeStatusInit,
  readTypedError,
} from "slipway/driver";
import { openTarget, type Target } from "./cluster/open.js";
import { statusOf, upperSnake } from "./inspect.js";
import { describePod } from "./pods/describe.js";
import { EventReader } from "./pods/events.js";
import { look, type Seen } from "./pods/look.js";
import { applyNode, pause } from "./workload/apply.js";

/**
 * Makes a node's workload what the settings say, and waits until every replica is ready. What does not pass by itself,
 * such as an image that cannot be pulled, is not waited for. What was made stays: the next call takes it up.
 */
export async function bootstrap(config: NodeConfig, call: BootstrapCall): Promise<NodeStatusInit> {
  const { signal, progress } = call;
  const target = openTarget(config);
  const { name, replicas, namespace, timeoutMs } = target.settings;
  const create = { id: "create", name: `creating ${name} in namespace ${namespace}` };
  await step(create, call, () =>
    applyNode(target, (line) => progress({ ...create, log: `${line}\n` }), signal),
  );
  const waiting = {
    id: "pods",
    name: replicas === 1 ? "waiting for the pod to be ready" : `waiting for ${replicas} pods to be ready`,
  };
  return step(waiting, call, async () => {
    const narrator = new Narrator(target, (line) => progress({ ...waiting, log: `${line}\n` }));
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const seen = await look(target, signal);
      if (!seen.workload) throw vanished(target);
      const ready = seen.pods.filter((pod) => describePod(pod).state === NodeState.RUNNING).length;
      if (isRolledOut(seen.workload, replicas)) return statusOf(target, seen);
      await narrator.tell(seen, signal);
      const hopeless = seen.pods.map(describePod).find((pod) => pod.hopeless);
      if (hopeless) throw failed(upperSnake(hopeless.code), hopeless.reason, target);
      if (Date.now() > deadline) throw late(target, seen, ready, narrator.last);
      if (ready > 0) narrator.once(`${ready} of ${replicas} pods are ready`);
      await pause(signal);
    }
  });
}

/** Reports a step around a piece of work. */
async function step<T>(
  about: { id: string; name: string },
  { progress, signal }: BootstrapCall,
  work: () => Promise<T>,
) {
  progress(about);
  try {
    const result = await work();
    progress({ ...about, done: true });
    return result;
  } catch (error) {
    if (!signal.aborted) progress({ ...about, done: true, error: readTypedError(error).message });
    throw error;
  }
}

/** Whether every pod is there, ready and made from the latest template, and no other is left. */
function isRolledOut({ metadata, spec, status }: V1Deployment | V1StatefulSet, replicas: number): boolean {
  return (
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    spec?.replicas === replicas &&
    status?.updatedReplicas === replicas &&
    (status.readyReplicas ?? 0) === replicas &&
    status.replicas === replicas
  );
}

/** Tells what Kubernetes is doing, each thing once. */
class Narrator {
  /** The latest thing that was told. */
  last = "";
  readonly #said = new Set<string>();
  readonly #events: EventReader;

  constructor(
    target: Target,
    private readonly say: (line: string) => void,
  ) {
    this.#events = new EventReader(target);
  }

  async tell({ workload, pods }: Seen, signal: AbortSignal): Promise<void> {
    const failure = workload?.status?.conditions?.find(
      ({ type, status }) => type === "ReplicaFailure" && status === "True",
    );
    if (failure?.message) this.once(failure.message);
    for (const pod of pods) {
      const { state, reason } = describePod(pod);
      if (state !== NodeState.RUNNING && state !== NodeState.STOPPING) this.once(reason);
    }
    for (const event of await this.#events.read(pods, signal)) this.once(sentence(event));
  }

  once(line: string): void {
    if (!line || this.#said.has(line)) return;
    this.#said.add(line);
    this.last = line;
    this.say(line);
  }
}

function sentence({ involvedObject, type, reason, message }: CoreV1Event): string {
  const what = `${involvedObject.kind?.toLowerCase()} ${involvedObject.name}`;
  return `${what}: ${type === "Warning" ? "warning: " : ""}${reason}: ${message}`;
}

function vanished({ settings }: Target) {
  return driverError({
    code: Code.Aborted,
    reason: "WORKLOAD_DELETED",
    message: `somebody deleted ${settings.name} in namespace ${settings.namespace} while it was starting`,
    remedy: "Try again.",
  });
}

function failed(reason: string, message: string, { settings }: Target) {
  return driverError({
    code: Code.FailedPrecondition,
    reason,
    message,
    remedy: `Correct the builder's options (image ${settings.image}), and try again.`,
  });
}

function late({ settings }: Target, { pods, workload }: Seen, ready: number, last: string) {
  const { replicas, timeoutMs } = settings;
  const reasons = pods
    .map(describePod)
    .flatMap(({ state, reason }) => (state === NodeState.RUNNING ? [] : [reason]));
  const failure = workload?.status?.conditions?.find(
    ({ type, status }) => type === "ReplicaFailure" && status === "True",
  );
  const why = [...new Set([...reasons, failure?.message ?? ""])].filter(Boolean).join("; ") || last;
  const worst = pods.map(describePod).find(({ state }) => state !== NodeState.RUNNING);
  return driverError({
    code: Code.DeadlineExceeded,
    reason: worst ? upperSnake(worst.code) : "PODS_NOT_READY",
    message: `expected ${replicas} replicas to be ready, got ${ready} within ${formatDuration(timeoutMs)}${why && `: ${why}`}`,
    remedy: "Make room in the cluster or correct the options; --driver-opt timeout=5m waits longer.",
  });
}
