import type { V1Deployment, V1StatefulSet } from "@kubernetes/client-node";
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
import { statusOf } from "./inspect.js";
import { pause } from "./pause.js";
import { ChangeLog, replicaFailure } from "./pods/change-log.js";
import { describePod } from "./pods/describe.js";
import { findObjects, type NodeObjects } from "./pods/node-objects.js";
import { bootPool } from "./pool/pool-node.js";
import { applyNode } from "./workload/apply.js";

/**
 * Applies a node's settings to its workload, and waits until every replica is ready. Permanent failures, such as an
 * image that cannot be pulled, end the wait at once. Created objects stay, so that the next call continues with them.
 */
export async function bootstrap(config: NodeConfig, call: BootstrapCall): Promise<NodeStatusInit> {
  const { signal, progress } = call;
  const target = openTarget(config);
  const { name, replicas, namespace, pool } = target.settings;
  const creating = { id: "create", name: `Creating ${name} in namespace ${namespace}` };
  if (pool) return step(creating, call, () => bootPool(target, signal));
  await step(creating, call, () =>
    applyNode(target, (line) => progress({ ...creating, log: `${line}\n` }), signal),
  );
  const waiting = {
    id: "pods",
    name: replicas === 1 ? "Waiting for the pod to be ready" : `Waiting for ${replicas} pods to be ready`,
  };
  return step(waiting, call, () =>
    untilReady(target, (line) => progress({ ...waiting, log: `${line}\n` }), signal),
  );
}

async function untilReady(
  target: Target,
  write: (line: string) => void,
  signal: AbortSignal,
): Promise<NodeStatusInit> {
  const { replicas, timeoutMs } = target.settings;
  const log = new ChangeLog(target, write);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const objects = await findObjects(target, signal);
    if (!objects.workload) throw deleted(target);
    const ready = objects.pods.filter((pod) => describePod(pod).state === NodeState.RUNNING).length;
    if (isRolledOut(objects.workload, replicas)) return statusOf(target, objects);
    await log.report(objects, signal);
    const permanent = objects.pods.map(describePod).find((pod) => pod.permanent);
    if (permanent) throw failed(permanent.reason, permanent.message, target);
    const refusal = replicaFailure(objects.workload);
    // A pod that is being deleted may give back what the new one lacks.
    if (refusal && isFinal(refusal) && objects.pods.length === 0) throw refused(refusal, target);
    if (performance.now() > deadline) throw timedOut(target, objects, ready, log.last);
    if (ready > 0) log.add(`${ready} of ${replicas} pods are ready.`);
    await pause(signal);
  }
}

/** Whether the cluster does not allow the pods, as opposed to a passing failure. */
function isFinal(failure: string): boolean {
  return / is forbidden: /.test(failure);
}

/** Reports a step around an operation. */
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

/** Whether every pod is ready and of the latest template, and no other pod is left. */
function isRolledOut({ metadata, spec, status }: V1Deployment | V1StatefulSet, replicas: number): boolean {
  return (
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    spec?.replicas === replicas &&
    status?.updatedReplicas === replicas &&
    (status.readyReplicas ?? 0) === replicas &&
    status.replicas === replicas
  );
}

/** A remedy, and what a failed boot leaves in the cluster, where it may cost something or start later. */
function remedyWith(remedy: string, { name, namespace }: Target["settings"]) {
  const stays = `The workload ${name} stays in namespace ${namespace} for the next attempt; remove the builder to remove it.`;
  return { remedy: `${remedy} ${stays}`, metadata: { stays } };
}

function deleted({ settings }: Target) {
  return driverError({
    code: Code.Aborted,
    reason: "WORKLOAD_DELETED",
    message: `Somebody deleted ${settings.name} in namespace ${settings.namespace} while it was starting.`,
    remedy: "Try again.",
  });
}

function failed(reason: string, message: string, { settings }: Target) {
  return driverError({
    code: Code.FailedPrecondition,
    reason,
    message,
    ...remedyWith(`Correct the builder's driver options (image ${settings.image}), and try again.`, settings),
  });
}

function refused(failure: string, { settings }: Target) {
  return driverError({
    code: /exceeded quota/.test(failure) ? Code.ResourceExhausted : Code.FailedPrecondition,
    reason: "PODS_REFUSED",
    message: `The cluster refuses the pods: ${failure}`,
    ...remedyWith(remedyOf(failure, settings), settings),
  });
}

function remedyOf(failure: string, { namespace }: Target["settings"]): string {
  if (/exceeded quota/.test(failure))
    return "Raise the quota of the namespace, free what it counts, or lower the driver options requests and limits.";
  const [, asked = ""] = /failed quota: .*must specify (.*)/s.exec(failure) ?? [];
  const options = [...new Set(asked.match(/(?:requests|limits)\.(?:cpu|memory|ephemeral-storage)/g))];
  if (options.length > 0) return `Set the driver options that the quota asks for: ${options.join(", ")}.`;
  if (/violates PodSecurity/.test(failure))
    return `BuildKit needs Pod Security's level privileged, also with rootless=true: kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged --overwrite. Or use another namespace.`;
  return "Set driver options that the namespace allows, or use another namespace.";
}

function timedOut({ settings }: Target, { pods, workload }: NodeObjects, ready: number, last: string) {
  const { replicas, timeoutMs } = settings;
  const notReady = pods.map(describePod).filter(({ state }) => state !== NodeState.RUNNING);
  const reasons = [...notReady.map(({ message }) => message), replicaFailure(workload) ?? ""].filter(Boolean);
  const why = [...new Set(reasons)].join(" ") || last;
  return driverError({
    code: Code.DeadlineExceeded,
    reason: notReady[0]?.reason ?? "PODS_NOT_READY",
    message: `Expected ${replicas} replicas to be ready, got ${ready} within ${formatDuration(timeoutMs)}.${why && ` ${why}`}`,
    ...remedyWith(
      "Add capacity to the cluster, correct the driver options, or raise the driver option timeout.",
      settings,
    ),
  });
}
