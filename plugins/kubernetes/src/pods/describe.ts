import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { NodeState } from "slipway/driver";
import { containerName } from "../workload/manifest.js";

/** What is the matter with a pod. */
export interface PodState {
  state: NodeState;
  /** Stable reason: Kubernetes' own word where it has one ("OOMKilled", "ErrImagePull", "Unschedulable"). */
  code: string;
  /** For people; empty when it runs. */
  reason: string;
  /** It will not get better by waiting. */
  hopeless: boolean;
}

/** Reasons for waiting that pass only when somebody changes something. */
const hopelessWaits = [
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "CreateContainerConfigError",
  "CrashLoopBackOff",
  "RunContainerError",
];

/** Says what is the matter with a pod. */
export function describePod(pod: V1Pod): PodState {
  const { metadata, status = {} } = pod;
  const name = metadata?.name ?? "";
  const answer = (state: NodeState, code: string, what: string, hopeless = false): PodState => ({
    state,
    code,
    reason: what && `pod ${name} ${what}`,
    hopeless,
  });
  const details = status.message ? `: ${status.message}` : "";
  // One that ends because it is deleted has a reason of its own only if it was evicted.
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
  // Of a node that is silent the controllers know only that: they take the pod's readiness and leave its containers'.
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
    if (found) return answer(found.state, found.code, found.what, found.hopeless);
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

/** Says why a pod that runs had to start its container again; undefined when it says nothing of that. */
export function describeRestart({ metadata, status }: V1Pod): string | undefined {
  const last = status?.containerStatuses?.find(({ name }) => name === containerName)?.lastState?.terminated;
  return last && `pod ${metadata?.name} has started again: ${last.reason ?? "it ended"}${ending(last)}`;
}

function describeContainer({ name, image, state, lastState, restartCount }: V1ContainerStatus) {
  const { waiting, terminated } = state ?? {};
  const last = lastState?.terminated;
  if (terminated && terminated.exitCode !== 0)
    return {
      state: NodeState.STOPPED,
      code: terminated.reason ?? "Error",
      what: `has lost its container ${name}: ${terminated.reason ?? "it ended"}${ending(terminated)}`,
      hopeless: false,
    };
  if (waiting?.reason === "CrashLoopBackOff" && last)
    return {
      state: NodeState.STOPPED,
      code: last.reason === "Error" ? "CrashLoopBackOff" : (last.reason ?? "CrashLoopBackOff"),
      what: `cannot keep its container ${name} running: ${last.reason}${ending(last)}`,
      hopeless: true,
    };
  if (waiting?.reason && !["ContainerCreating", "PodInitializing"].includes(waiting.reason))
    return {
      state: NodeState.STARTING,
      code: waiting.reason,
      what: `cannot start ${image}: ${waiting.reason}${waiting.message ? `: ${waiting.message}` : ""}`,
      hopeless: hopelessWaits.includes(waiting.reason),
    };
  if (last && restartCount > 0 && name === containerName)
    return {
      state: NodeState.STOPPED,
      code: last.reason ?? "Error",
      what: `starts its container ${name} again: ${last.reason ?? "it ended"}${ending(last)}`,
      // What fails twice within one start fails again.
      hopeless: restartCount > 2 && last.reason === "Error",
    };
  return undefined;
}

function ending(ended: { exitCode: number; message?: string } | undefined): string {
  if (!ended) return "";
  const lines = ended.message?.trim().split("\n") ?? [];
  // A usage text may come after the error, as it goes by another stream.
  const error = lines.findLast((line) => /^buildkitd: |^error\b/i.test(line));
  const said = error ?? lines.slice(-3).join("; ");
  return ` (exit code ${ended.exitCode})${said ? `: ${said}` : ""}`;
}
