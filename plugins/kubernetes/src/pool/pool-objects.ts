import type { ConnectError } from "@connectrpc/connect";
import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { Code, driverError, readTypedError, withPeriod } from "slipway/driver";
import { kinds } from "../cluster/kinds.js";
import type { Target } from "../cluster/open.js";
import { claim, configuration } from "../workload/manifest.js";
import { isOurs, ownSelector, workerLabel } from "../workload/ownership.js";
import { creationFault } from "./faults.js";
import { budget, claimName, settingsDigest, workerPod } from "./worker-pod.js";

/** Selects the workers of a pool. */
export function workerSelector(name: string): string {
  return `${ownSelector(name)},${workerLabel}`;
}

/** The pods of a pool, including those that are being deleted. */
export async function listWorkers({ api, settings }: Target, signal: AbortSignal): Promise<V1Pod[]> {
  const { items } = await api.list<V1Pod>(kinds.pods, { labels: workerSelector(settings.name) }, signal);
  return items;
}

/** Creates or changes what the workers of a pool share. */
export async function applyShared({ api, settings }: Target, signal: AbortSignal): Promise<void> {
  const { name, namespace } = settings;
  const existing = await api.get(kinds.budgets, name, signal);
  if (existing && !isOurs(existing)) throw nameTaken(`PodDisruptionBudget "${name}"`, namespace);
  await api.apply(kinds.budgets, budget(settings), signal);
  const files = configuration(settings);
  if (files) await api.apply(kinds.secrets, files, signal);
}

function nameTaken(object: string, namespace: string): ConnectError {
  return driverError({
    code: Code.AlreadyExists,
    reason: "NAME_TAKEN",
    message: `The ${object} in namespace ${namespace} was not created by Slipway for this node.`,
    remedy: "Use another node name or another namespace.",
  });
}

/** Creates a worker with its claim; undefined when another host has created it meanwhile. */
export async function createWorker(
  target: Target,
  index: number,
  signal: AbortSignal,
): Promise<V1Pod | undefined> {
  const { api, settings, config } = target;
  try {
    if (settings.claimSize) await applyClaim(target, index, settings.claimSize, signal);
    return await api.create(kinds.pods, workerPod(settings, index, settingsDigest(config)), signal);
  } catch (cause) {
    throw creationFault(cause);
  }
}

async function applyClaim(
  { api, settings }: Target,
  index: number,
  size: string,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace } = settings;
  const wanted = claim(claimName(name, index), name, size);
  const field = "options[persistent-volume-claim.requests.storage]";
  if (await api.create(kinds.claims, wanted, signal)) return;
  const { items } = await api.list<V1PersistentVolumeClaim>(
    kinds.claims,
    { labels: ownSelector(name) },
    signal,
  );
  if (!items.some(({ metadata }) => metadata?.name === wanted.metadata!.name))
    throw nameTaken(`PersistentVolumeClaim "${wanted.metadata!.name}"`, namespace);
  try {
    await api.patch(
      kinds.claims,
      wanted.metadata!.name!,
      { spec: { resources: wanted.spec!.resources } },
      signal,
    );
  } catch (cause) {
    const { code, message } = readTypedError(cause);
    if (code !== Code.InvalidArgument && code !== Code.PermissionDenied) throw cause;
    if (/\bUser "/.test(message)) throw cause;
    throw driverError({
      code: Code.FailedPrecondition,
      reason: "CONFIG_CHANGED",
      message: withPeriod(`The claim ${wanted.metadata!.name} cannot be resized to ${size}: ${message}`),
      remedy: "Remove the builder with its state and create it again, or keep the size.",
      fields: [{ field, message }],
    });
  }
}
