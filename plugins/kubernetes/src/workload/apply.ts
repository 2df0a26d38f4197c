import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { Code, driverError, readTypedError } from "slipway/driver";
import { kinds } from "../cluster/api.js";
import type { Target } from "../cluster/open.js";
import { describePod } from "../pods/describe.js";
import { findWorkload, look, type Workload } from "../pods/look.js";
import { configName, configuration, isOurs, kindOf, ownSelector, workload } from "./manifest.js";
import { digestSettings } from "./settings.js";

/** So long pods may take to end, in milliseconds; Kubernetes itself kills them after 30 s. */
export const endMs = 90_000;

/** Makes the objects of a node what its settings say, whether they exist or not; returns the workload. */
export async function applyNode(
  target: Target,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Workload> {
  const { api, settings, config } = target;
  const kind = kindOf(settings);
  const before = await findWorkload(target, signal);
  if (before && !isOurs(before)) throw nameTaken(target, before);
  if (before && kindName(before) !== kind.resource) {
    say(`replacing the ${before.kind}, since the state's place has changed`);
    await deleteAndWait(target, signal);
  }
  const files = configuration(settings);
  if (files) await api.apply(kinds.secrets, files, signal);
  const wanted = workload(settings, digestSettings(config));
  let applied: Workload;
  try {
    applied = await api.apply(kind, wanted as Workload, signal);
  } catch (error) {
    // A StatefulSet lets few of its fields be changed.
    if (!before || !settings.claimSize || readTypedError(error).code !== Code.InvalidArgument) throw error;
    say("replacing the StatefulSet, which cannot be changed in place; its claims stay");
    await deleteAndWait(target, signal);
    applied = await api.apply(kind, wanted as Workload, signal);
  }
  if (!files && before) await api.delete(kinds.secrets, configName(settings.name), signal);
  if (settings.claimSize && before) await resizeClaims(target, signal);
  return applied;
}

/** Deletes the workload, whatever kind it is, and waits until its pods are gone, too. */
export async function deleteAndWait(target: Target, signal: AbortSignal): Promise<string[]> {
  const removed: string[] = [];
  const deadline = Date.now() + endMs;
  for (;;) {
    const { workload: there, pods } = await look(target, signal);
    if (there && !isOurs(there)) return removed;
    if (!there && pods.length === 0) return removed;
    if (there && !there.metadata?.deletionTimestamp) {
      const kind = kindName(there) === "statefulsets" ? kinds.statefulsets : kinds.deployments;
      await target.api.delete(kind, target.settings.name, signal);
      removed.push(`${there.kind} ${target.settings.name}`);
    }
    if (Date.now() > deadline) throw stuck(target, pods);
    await pause(signal);
  }
}

/** A kubelet that does not answer never says that a pod has ended. */
function stuck({ settings }: Target, pods: V1Pod[]) {
  return driverError({
    code: Code.DeadlineExceeded,
    reason: "PODS_NOT_ENDED",
    message: `${settings.name} in namespace ${settings.namespace} is deleted, but not gone after ${endMs / 1000} s: ${pods.map((pod) => describePod(pod).reason).join("; ")}`,
    remedy: "Try again; when the node is lost for good, delete the pods by force.",
  });
}

/** A claim keeps its size when its StatefulSet is made again. */
async function resizeClaims({ api, settings }: Target, signal: AbortSignal): Promise<void> {
  const storage = settings.claimSize!;
  const { items } = await api.list<V1PersistentVolumeClaim>(
    kinds.claims,
    { labels: ownSelector(settings.name) },
    signal,
  );
  for (const { metadata, spec } of items) {
    if (spec?.resources?.requests?.storage === storage) continue;
    try {
      await api.patch(
        kinds.claims,
        metadata!.name!,
        { spec: { resources: { requests: { storage } } } },
        signal,
      );
    } catch (error) {
      const { message } = readTypedError(error);
      throw driverError({
        code: Code.FailedPrecondition,
        reason: "CONFIG_CHANGED",
        message: `the claim ${metadata?.name} cannot be resized from ${spec?.resources?.requests?.storage} to ${storage}: ${message}`,
        remedy: "Remove the builder without --keep-state and create it anew, or leave the size as it was.",
        fields: [{ field: "options[persistent-volume-claim.requests.storage]", message }],
      });
    }
  }
}

function kindName({ kind }: Workload): string {
  return `${kind?.toLowerCase()}s`;
}

function nameTaken({ settings }: Target, { kind }: Workload) {
  return driverError({
    code: Code.AlreadyExists,
    reason: "NAME_TAKEN",
    message: `the ${kind} "${settings.name}" in namespace ${settings.namespace} was not created by Slipway`,
    remedy: "Give the node another name (--node), or another namespace.",
  });
}

/** Time between two looks. */
export function pause(signal: AbortSignal, ms = 250): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", leave);
      resolve();
    }, ms);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
  });
}
