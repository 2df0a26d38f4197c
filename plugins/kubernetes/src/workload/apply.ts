import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { Code, driverError, readTypedError, withPeriod } from "slipway/driver";
import { kinds } from "../cluster/kinds.js";
import type { Target } from "../cluster/open.js";
import { pause } from "../pause.js";
import { describePod } from "../pods/describe.js";
import { findObjects, findWorkload, type Workload } from "../pods/node-objects.js";
import { configuration, workload } from "./manifest.js";
import { configName, isOurs, kindOf, ownSelector } from "./ownership.js";
import { digestSettings } from "./settings.js";

/** How long pods may take to end, in milliseconds; Kubernetes kills them after 30 s. */
export const terminationMs = 90_000;

/** Creates or changes the objects of a node as its settings require; returns the workload. */
export async function applyNode(
  target: Target,
  write: (line: string) => void,
  signal: AbortSignal,
): Promise<Workload> {
  const { api, settings, config } = target;
  const kind = kindOf(settings);
  const before = await findWorkload(target, signal);
  if (before && !isOurs(before)) throw nameTaken(target, before);
  if (before && kindName(before) !== kind.resource) {
    write(`Replacing the ${before.kind}, since the state moves to another volume.`);
    await deleteAndWait(target, signal);
  }
  const files = configuration(settings);
  if (files) await api.apply(kinds.secrets, files, signal);
  const desired = workload(settings, digestSettings(config));
  let applied: Workload;
  try {
    applied = await api.apply(kind, desired as Workload, signal);
  } catch (error) {
    // Most fields of a StatefulSet cannot be changed.
    if (!before || !settings.claimSize || readTypedError(error).code !== Code.InvalidArgument) throw error;
    write("Replacing the StatefulSet, which cannot be changed in place. Its claims stay.");
    await deleteAndWait(target, signal);
    applied = await api.apply(kind, desired as Workload, signal);
  }
  if (!files && before) await api.delete(kinds.secrets, configName(settings.name), signal);
  if (settings.claimSize && before) await resizeClaims(target, signal);
  return applied;
}

/** Deletes the workload, of either kind, and waits until its pods are gone. */
export async function deleteAndWait(target: Target, signal: AbortSignal): Promise<string[]> {
  const removed: string[] = [];
  const deadline = performance.now() + terminationMs;
  for (;;) {
    const { workload: existing, pods } = await findObjects(target, signal);
    if (existing && !isOurs(existing)) return removed;
    if (!existing && pods.length === 0) return removed;
    if (existing && !existing.metadata?.deletionTimestamp) {
      const kind = kindName(existing) === "statefulsets" ? kinds.statefulsets : kinds.deployments;
      await target.api.delete(kind, target.settings.name, signal);
      removed.push(`${existing.kind} ${target.settings.name}`);
    }
    if (performance.now() > deadline) throw stuck(target, pods);
    await pause(signal);
  }
}

/** A pod on a lost node never ends. */
function stuck({ settings }: Target, pods: V1Pod[]) {
  return driverError({
    code: Code.DeadlineExceeded,
    reason: "PODS_NOT_ENDED",
    message: `${settings.name} in namespace ${settings.namespace} is deleted, but still exists after ${terminationMs / 1000} s. ${pods.map((pod) => describePod(pod).reason).join(" ")}`,
    remedy: "Try again. If the node is permanently lost, force the deletion of the pods.",
  });
}

/** Resizes the claims, which keep their size when their StatefulSet is replaced. */
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
        message: withPeriod(
          `The claim ${metadata?.name} cannot be resized from ${spec?.resources?.requests?.storage} to ${storage}: ${message}`,
        ),
        remedy: "Remove the builder with its state and create it again, or keep the size.",
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
    message: `The ${kind} "${settings.name}" in namespace ${settings.namespace} was not created by Slipway.`,
    remedy: "Use another node name or another namespace.",
  });
}
