import { type Call, type NodeConfig, NodeState, type NodeStatusInit } from "slipway/driver";
import { kinds } from "./cluster/api.js";
import { openTarget } from "./cluster/open.js";
import { inspect } from "./inspect.js";
import { findWorkload, listPods } from "./pods/look.js";
import { endMs, pause } from "./workload/apply.js";
import { isOurs } from "./workload/manifest.js";

/** Scales a node to zero and waits until its pods are gone. Its claims stay, and the next start takes them up. */
export async function stop(config: NodeConfig, call: Call & { force: boolean }): Promise<NodeStatusInit> {
  const { signal, force } = call;
  const target = openTarget(config);
  const { api, settings } = target;
  const there = await findWorkload(target, signal);
  if (!there || !isOurs(there)) return inspect(config, call);
  const kind = there.kind === "StatefulSet" ? kinds.statefulsets : kinds.deployments;
  await api.patch(kind, settings.name, { spec: { replicas: 0 } }, signal);
  const killed = new Set<string>();
  const deadline = Date.now() + endMs;
  for (;;) {
    const { pods } = await listPods(target, signal);
    for (const name of force ? pods.map((pod) => pod.metadata!.name!) : []) {
      if (killed.has(name)) continue;
      killed.add(name);
      await api.delete(kinds.pods, name, signal, { gracePeriodSeconds: 0 });
    }
    const status = await inspect(config, call);
    if (status.state !== NodeState.STOPPING || pods.length === 0 || Date.now() > deadline) return status;
    await pause(signal);
  }
}
