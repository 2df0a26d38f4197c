import type { ConnectError } from "@connectrpc/connect";
import type { V1Pod } from "@kubernetes/client-node";
import { Code, driverError, formatDuration, NodeState, readTypedError, withPeriod } from "slipway/driver";
import type { Target } from "../cluster/open.js";
import { describePod, type PodState } from "../pods/describe.js";

/** Reasons for which a worker was lost through no fault of the build: it can begin again on another worker. */
const restartable = [
  "EVICTED",
  "NODE_LOST",
  "NODE_SHUTDOWN",
  "TERMINATED",
  "PREEMPTING",
  "POD_DELETED",
  "DELETED",
];

/**
 * Why a leased worker is lost; undefined while it can still be used.
 * @param isStopped its pool is stopped or removed
 */
export function lossOf(name: string, pod: V1Pod | undefined, isStopped: boolean): ConnectError | undefined {
  const lost = (reason: string, message: string) => lossFor(reason, message, isStopped);
  if (!pod) return lost("POD_DELETED", `Pod ${name} was deleted.`);
  const { state, reason, message } = describePod(pod);
  if (state === NodeState.STOPPED || state === NodeState.UNREACHABLE) return lost(reason, message);
  // One that is deleted has no reason, but may have ended.
  const hasEnded = pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded";
  return hasEnded ? lost(reason, message) : undefined;
}

function lossFor(reason: string, message: string, isStopped: boolean): ConnectError {
  if (reason === "OOM_KILLED")
    return driverError({
      code: Code.ResourceExhausted,
      reason: "OOM_KILLED",
      message: `BuildKit was lost during the build. ${message}`,
      remedy: "Raise the driver option limits.memory, or let the build use less memory.",
    });
  return driverError({
    code: restartable.includes(reason) && !isStopped ? Code.Aborted : Code.Unavailable,
    reason,
    message: `BuildKit was lost during the build. ${message}`,
    remedy: "Run the build again.",
  });
}

/** Why a worker will never be ready; undefined while it may be. */
export function startFault(pod: V1Pod, startingMs: number, target: Target): ConnectError | undefined {
  const { timeoutMs } = target.settings;
  const found = describePod(pod);
  if (found.permanent || found.state === NodeState.STOPPED) return cannotStart(found, target);
  if (startingMs < timeoutMs) return undefined;
  return driverError({
    code: Code.DeadlineExceeded,
    reason: found.reason || "PODS_NOT_READY",
    message: `A worker was not ready within ${formatDuration(timeoutMs)}. ${found.message}`,
    remedy: "Add capacity to the cluster, correct the driver options, or raise the driver option timeout.",
  });
}

function cannotStart({ reason, message }: PodState, { settings }: Target): ConnectError {
  return driverError({
    code: Code.FailedPrecondition,
    reason,
    message,
    remedy: `Correct the builder's driver options (image ${settings.image}), and try again.`,
  });
}

/**
 * Whether a worker could not start since BuildKit of an earlier pod still uses its claim: a pod that was deleted without its
 * grace period may run on for some seconds.
 */
export function isClaimInUse(pod: V1Pod): boolean {
  return describePod(pod).message.includes("buildkitd.lock, another instance running");
}

/** The error for a worker that the API server does not create: a missing right, or a rule for pods. */
export function creationFault(cause: unknown): unknown {
  const { code, message } = readTypedError(cause);
  // RBAC names the user; a quota, Pod Security and other rules do not.
  if (code !== Code.PermissionDenied || /\bUser "/.test(message)) return cause;
  const isQuota = /exceeded quota/.test(message);
  return driverError({
    code: isQuota ? Code.ResourceExhausted : Code.FailedPrecondition,
    reason: "PODS_REFUSED",
    message: withPeriod(`The cluster refuses a worker: ${message}`),
    remedy: isQuota
      ? "Raise the quota of the namespace, free what it counts, or lower the driver options requests, limits and persistent-volume-claim.requests.storage."
      : "Set driver options that the namespace allows (rootless=true needs fewer rights), or use another namespace.",
  });
}
