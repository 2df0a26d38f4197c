import { type Call, type NodeConfig, NodeState, type NodeStatusInit } from "slipway/driver";
import { kinds } from "./cluster/kinds.js";
import { openTarget } from "./cluster/open.js";
import { inspect } from "./inspect.js";
import { pause } from "./pause.js";
import { findWorkload, listPods } from "./pods/node-objects.js";
import { stopPool } from "./pool/pool-node.js";
import { terminationMs } from "./workload/apply.js";
import { isOurs } from "./workload/ownership.js";

/** Scales a node to zero and waits until its pods are gone. Its claims stay for the next start. */
export async function stop(config: NodeConfig, call: Call & { force: boolean }): Promise<NodeStatusInit> {
  const { signal, force } = call;
  const target = openTarget(config);
  const { api, settings } = target;
  if (settings.pool) return stopPool(target, force, signal);
  const workload = await findWorkload(target, signal);
  if (!workload || !isOurs(workload)) return inspect(config, call);
  const kind = workload.kind === "StatefulSet" ? kinds.statefulsets : kinds.deployments;
  await api.patch(kind, settings.name, { spec: { replicas: 0 } }, signal);
  const killed = new Set<string>();
  const deadline = performance.now() + terminationMs;
  for (;;) {
    const pods = await listPods(target, signal);
    for (const name of force ? pods.map((pod) => pod.metadata!.name!) : []) {
      if (killed.has(name)) continue;
      killed.add(name);
      await api.delete(kinds.pods, name, signal, { gracePeriodSeconds: 0 });
    }
    const status = await inspect(config, call);
    if (status.state !== NodeState.STOPPING || pods.length === 0 || performance.now() > deadline)
      return status;
    await pause(signal);
  }
}
