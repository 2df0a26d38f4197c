import type { Call, NodeConfig, RemovalInit } from "slipway/driver";
import { kinds } from "./cluster/kinds.js";
import { openTarget } from "./cluster/open.js";
import { removePool } from "./pool/pool-node.js";
import { deleteAndWait } from "./workload/apply.js";
import { configName, ownSelector } from "./workload/ownership.js";

/** Deletes all objects of a node; claims only when the state is not kept. Returns the names of all. */
export async function remove(
  config: NodeConfig,
  { keepState, keepDaemon, signal }: Call & { keepState: boolean; keepDaemon: boolean },
): Promise<RemovalInit> {
  const target = openTarget(config);
  const { api, settings } = target;
  const kind = settings.pool ? "Pool" : settings.claimSize ? "StatefulSet" : "Deployment";
  if (keepDaemon) return { kept: [`${kind} ${settings.name}`] };
  const removed = await (settings.pool ? removePool : deleteAndWait)(target, signal);
  const secret = configName(settings.name);
  if (await api.delete(kinds.secrets, secret, signal)) removed.push(`Secret ${secret}`);
  const kept: string[] = [];
  const claims = await api.list(kinds.claims, { labels: ownSelector(settings.name) }, signal);
  for (const { metadata } of claims.items) {
    const claim = `PersistentVolumeClaim ${metadata!.name}`;
    if (keepState) kept.push(claim);
    else if (await api.delete(kinds.claims, metadata!.name!, signal)) removed.push(claim);
  }
  return { removed, kept };
}
