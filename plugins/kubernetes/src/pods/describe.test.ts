import type { V1Pod } from "@kubernetes/client-node";
import { NodeState } from "slipway/driver";
import { expect, it } from "vitest";
import { describePod } from "./describe.js";

// Cases that a cluster of one node cannot produce reliably; the others are in test/kubernetes-driver.
const pod = (status: V1Pod["status"], metadata: V1Pod["metadata"] = {}): V1Pod => ({
  metadata: { name: "p", ...metadata },
  spec: { nodeName: "n", containers: [] },
  status,
});

it("distinguishes an evicted pod from one that was deleted while it ended", () => {
  const deletionTimestamp = new Date();
  const failed = { phase: "Failed", containerStatuses: [] };
  expect(describePod(pod(failed, { deletionTimestamp }))).toMatchObject({
    state: NodeState.STOPPING,
    message: "Pod p is being deleted.",
  });
  const evicted = { ...failed, reason: "Evicted", message: "The node was low on resource: memory." };
  expect(describePod(pod(evicted, { deletionTimestamp }))).toMatchObject({
    state: NodeState.STOPPED,
    reason: "EVICTED",
    message: "Pod p ended: Evicted: The node was low on resource: memory.",
  });
});

it("reports that a pod is about to be preempted", () => {
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "PreemptionByScheduler",
    message: "default-scheduler: preempting to accommodate a higher priority pod",
  };
  expect(describePod(pod({ phase: "Running", conditions: [condition] }))).toMatchObject({
    state: NodeState.STOPPING,
    reason: "PREEMPTION_BY_SCHEDULER",
    message: expect.stringContaining("higher priority"),
  });
});

it("recognizes a pod on a lost node in both forms that controllers report", () => {
  const ready = { type: "Ready", status: "False" };
  const container = { name: "buildkitd", ready: true, image: "", imageID: "", restartCount: 0 };
  for (const status of [
    { phase: "Running", conditions: [ready], containerStatuses: [container] },
    { phase: "Running", reason: "NodeLost", conditions: [ready] },
  ])
    expect(describePod(pod(status))).toMatchObject({ state: NodeState.UNREACHABLE, reason: "NODE_LOST" });
});

it("reports a failing init container", () => {
  const state = { waiting: { reason: "ImagePullBackOff", message: 'Back-off pulling image "q"' } };
  const init = { name: "qemu", image: "q", ready: false, imageID: "", restartCount: 0, state };
  expect(describePod(pod({ phase: "Pending", initContainerStatuses: [init] }))).toMatchObject({
    permanent: true,
    message: expect.stringContaining("cannot start q: ImagePullBackOff"),
  });
});

it("finds the error in a container's message, also above its usage text", () => {
  const message = "buildkitd: flag provided but not defined: -x\n   --a  one\n   --b  two\n   --help, -h\n";
  const lastState = { terminated: { exitCode: 1, reason: "Error", message } };
  const state = { waiting: { reason: "CrashLoopBackOff" } };
  const container = {
    name: "buildkitd",
    image: "b",
    ready: false,
    imageID: "",
    restartCount: 1,
    state,
    lastState,
  };
  expect(describePod(pod({ phase: "Running", containerStatuses: [container] })).message).toMatch(
    /running: Error \(exit code 1\): buildkitd: flag provided but not defined: -x\.$/,
  );
});
