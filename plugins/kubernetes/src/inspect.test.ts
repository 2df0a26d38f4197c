import type { V1Deployment, V1Pod } from "@kubernetes/client-node";
import { NodeState } from "slipway/driver";
import { expect, it } from "vitest";
import { stateOf } from "./inspect.js";

// What a cluster shows for a moment only; test/kubernetes-driver has the rest.
const workload = { spec: { replicas: 0 } } as V1Deployment;
const pod = (status: V1Pod["status"], deletionTimestamp?: Date): V1Pod => ({
  metadata: { name: "p", deletionTimestamp },
  status,
});
const running = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };

it.each([
  [
    "pods that Kubernetes has not begun to delete",
    [pod(running)],
    NodeState.STOPPING,
    "Its pods are not deleted yet.",
  ],
  [
    "pods that are being deleted",
    [pod(running), pod(running, new Date())],
    NodeState.STOPPING,
    "Pod p is being deleted.",
  ],
  [
    "an evicted pod that stays",
    [pod({ phase: "Failed", reason: "Evicted" })],
    NodeState.STOPPED,
    "It is scaled to zero pods.",
  ],
  ["no pods", [], NodeState.STOPPED, "It is scaled to zero pods."],
])("a workload that is scaled to zero, with %s", (_, pods, state, message) => {
  expect(stateOf(workload, pods)).toMatchObject({ state, message });
});
