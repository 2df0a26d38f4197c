import type { Call, NodeConfig } from "slipway/driver";
import { kinds } from "./cluster/api.js";
import { openTarget } from "./cluster/open.js";
import { deleteAndWait } from "./workload/apply.js";
import { configName, ownSelector } from "./workload/manifest.js";

/** Deletes all that carries the node's labels; its claims only when the state is not to be kept. */
export async function remove(
  config: NodeConfig,
  { keepState, keepDaemon, signal }: Call & { keepState: boolean; keepDaemon: boolean },
): Promise<string[]> {
  const target = openTarget(config);
  const { api, settings } = target;
  if (keepDaemon) return [`kept ${settings.name} in namespace ${settings.namespace}`];
  const done = await deleteAndWait(target, signal);
  const secret = configName(settings.name);
  if (await api.delete(kinds.secrets, secret, signal)) done.push(`Secret ${secret}`);
  const claims = await api.list(kinds.claims, { labels: ownSelector(settings.name) }, signal);
  for (const { metadata } of claims.items) {
    const claim = `PersistentVolumeClaim ${metadata!.name}`;
    if (keepState) done.push(`kept ${claim}`);
    else if (await api.delete(kinds.claims, metadata!.name!, signal)) done.push(claim);
  }
  return done;
}
