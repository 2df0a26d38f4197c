import { expect, it } from "vitest";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { fromPath, mustBuild } from "../host/build.js";
import { builderHost, busyboxImage, statusOf } from "./harness.js";

/** A command that prints the pod of a step: BuildKit mounts files from a folder with the pod's id. */
const showPod = "grep -o 'kubelet/pods/[-0-9a-f]*' /proc/self/mountinfo | head -n 1";

it("sticks to one replica per context, and spreads contexts over replicas", async () => {
  const host = await builderHost({ replicas: "3" });
  const contexts = await Promise.all(Array.from({ length: 12 }, () => busyboxImage(`RUN ${showPod}`)));
  const podOf = async (context: string) => {
    const { output } = await mustBuild(host, { builder: "kube", context: fromPath(context), noCache: true });
    return /pods\/[-0-9a-f]+/.exec(output)?.[0];
  };
  const first = await Promise.all(contexts.map(podOf));
  expect(first).not.toContain(undefined);
  expect(new Set(first).size).toBeGreaterThan(1);
  expect(await Promise.all(contexts.map(podOf))).toEqual(first);
  const { dynamicNodes } = await statusOf(host);
  expect(dynamicNodes.map(({ state }) => state)).toEqual(Array(3).fill(NodeState.RUNNING));
});

it("spreads the builds of one context with random load balancing", async () => {
  const host = await builderHost({ replicas: "2", loadbalance: "random" });
  const context = fromPath(await busyboxImage(`RUN ${showPod}`));
  const seen = new Set<string | undefined>();
  // The probability that one pod gets all builds is one in a million.
  for (let round = 0; round < 20 && seen.size < 2; round++) {
    const { output } = await mustBuild(host, { builder: "kube", context, noCache: true });
    seen.add(/pods\/[-0-9a-f]+/.exec(output)?.[0]);
  }
  expect(seen.size).toBe(2);
});
