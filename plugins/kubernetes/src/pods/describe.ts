import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { NodeState, withPeriod } from "slipway/driver";
import { containerName } from "../workload/ownership.js";

/** The state of a pod. */
export interface PodState {
  state: NodeState;
  /** Stable reason, Kubernetes' own where it has one ("OOM_KILLED", "ERR_IMAGE_PULL", "UNSCHEDULABLE"); else empty. */
  reason: string;
  /** A sentence; empty when the pod runs. */
  message: string;
  /** Waiting does not help. */
  permanent: boolean;
}

/** Reasons for waiting that need a change of the settings or the cluster. */
const permanentWaits = [
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "CreateContainerConfigError",
  "CrashLoopBackOff",
  "RunContainerError",
];

/** Describes the state of a pod. */
export function describePod(pod: V1Pod): PodState {
  const { metadata, status = {} } = pod;
  const name = metadata?.name ?? "";
  const answer = (state: NodeState, code: string, what: string, permanent = false): PodState => ({
    state,
    reason: upperSnake(code),
    message: what && withPeriod(`Pod ${name} ${what}`),
    permanent,
  });
  const details = status.message ? `: ${status.message}` : "";
  // A pod that ends because it is deleted has a reason only when it was evicted.
  const isDeleted = metadata?.deletionTimestamp !== undefined && !status.reason;
  if ((status.phase === "Failed" || status.phase === "Succeeded") && !isDeleted) {
    const ended = status.containerStatuses?.map((one) => one.state?.terminated).find(Boolean);
    const code = status.reason || ended?.reason || status.phase;
    return answer(NodeState.STOPPED, code, `ended: ${code}${details || ending(ended)}`);
  }
  if (metadata?.deletionTimestamp)
    return answer(
      NodeState.STOPPING,
      status.reason || "Deleted",
      `is being deleted${status.reason ? ` (${status.reason})` : ""}${details}`,
    );
  const disruption = status.conditions?.find(
    ({ type, status: set }) => type === "DisruptionTarget" && set === "True",
  );
  if (disruption)
    return answer(
      NodeState.STOPPING,
      disruption.reason ?? "Evicted",
      `is being evicted: ${disruption.message ?? ""}`,
    );
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status === "True") return answer(NodeState.RUNNING, "", "");
  // When a node is lost, the controllers clear the pod's readiness and keep that of its containers.
  const complete = status.containerStatuses?.every((container) => container.ready);
  if (status.reason === "NodeLost" || (ready?.status === "False" && !ready.reason && complete))
    return answer(NodeState.UNREACHABLE, "NodeLost", `is lost: its node ${pod.spec?.nodeName} is not ready`);
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False")
    return answer(
      NodeState.STARTING,
      scheduled.reason ?? "Unschedulable",
      `cannot be scheduled: ${scheduled.message ?? ""}`,
    );
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  for (const container of containers) {
    const found = describeContainer(container);
    if (found) return answer(found.state, found.code, found.what, found.permanent);
  }
  const buildkit = status.containerStatuses?.find((one) => one.name === containerName);
  if (buildkit?.state?.running)
    return answer(NodeState.STARTING, "Starting", "has started; BuildKit does not answer yet");
  return answer(
    NodeState.STARTING,
    "Pending",
    scheduled ? `is being prepared on node ${pod.spec?.nodeName}` : "waits for a node",
  );
}

/** Describes why a running pod restarted its container. */
export function describeRestart({ metadata, status }: V1Pod): Pick<PodState, "reason" | "message"> {
  const last = status?.containerStatuses?.find(({ name }) => name === containerName)?.lastState?.terminated;
  const why = last && `: ${last.reason ?? "it ended"}${ending(last)}`;
  return {
    reason: upperSnake(last?.reason ?? "") || "POD_RESTARTED",
    message: withPeriod(`Pod ${metadata?.name} has restarted${why ?? ""}`),
  };
}

function describeContainer({ name, image, state, lastState, restartCount }: V1ContainerStatus) {
  const { waiting, terminated } = state ?? {};
  const last = lastState?.terminated;
  if (terminated && terminated.exitCode !== 0)
    return {
      state: NodeState.STOPPED,
      code: terminated.reason ?? "Error",
      what: `has lost its container ${name}: ${terminated.reason ?? "it ended"}${ending(terminated)}`,
      permanent: false,
    };
  if (waiting?.reason === "CrashLoopBackOff" && last)
    return {
      state: NodeState.STOPPED,
      code: last.reason === "Error" ? "CrashLoopBackOff" : (last.reason ?? "CrashLoopBackOff"),
      what: `cannot keep its container ${name} running: ${last.reason}${ending(last)}`,
      permanent: true,
    };
  if (waiting?.reason && !["ContainerCreating", "PodInitializing"].includes(waiting.reason))
    return {
      state: NodeState.STARTING,
      code: waiting.reason,
      what: `cannot start ${image}: ${waiting.reason}${waiting.message ? `: ${waiting.message}` : ""}`,
      permanent: permanentWaits.includes(waiting.reason),
    };
  if (last && restartCount > 0 && name === containerName)
    return {
      state: NodeState.STOPPED,
      code: last.reason ?? "Error",
      what: `restarts its container ${name}: ${last.reason ?? "it ended"}${ending(last)}`,
      // A container that failed repeatedly fails again.
      permanent: restartCount > 2 && last.reason === "Error",
    };
  return undefined;
}

function ending(ended: { exitCode: number; message?: string } | undefined): string {
  if (!ended) return "";
  const lines = ended.message?.trim().split("\n") ?? [];
  // A usage text may follow the error, since it comes from another stream.
  const error = lines.findLast((line) => /^buildkitd: |^error\b/i.test(line));
  const message = error ?? lines.slice(-3).join("; ");
  return ` (exit code ${ended.exitCode})${message ? `: ${message}` : ""}`;
}

/** "OOMKilled" -> "OOM_KILLED". */
function upperSnake(word: string): string {
  return word
    .replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_")
    .replace(/\W+/g, "_")
    .toUpperCase();
}
