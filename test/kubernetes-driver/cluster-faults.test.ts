import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { type RunningKubernetes, startKubernetes } from "../lab/index.js";
import { busyboxImage } from "./harness.js";

// These tests break their cluster, so they have their own.
let cluster: RunningKubernetes;
beforeAll(async () => {
  cluster = await startKubernetes({ nodeGraceSeconds: 12 });
});
afterAll(() => cluster.stop());

async function builder(host: TestHost) {
  const options = { image: cluster.image, namespace: "default" };
  const endpoint = `kubernetes://?${new URLSearchParams({ kubeconfig: cluster.kubeconfig })}`;
  await host.builders.createBuilder({ name: "kube", driver: "kubernetes", node: { endpoint, options } });
}

async function startStep(host: TestHost, run: string) {
  const context = await busyboxImage(`RUN echo ${randomUUID()} started; ${run}`);
  const { build } = await host.builds.startBuild({ spec: { builder: "kube", context: fromPath(context) } });
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    const { event: of } = event!;
    if (of.case === "finished") throw new Error(`the build ended: ${of.value.error?.message}`);
    if (of.case === "progress" && of.value.logs.some(({ data }) => Buffer.from(data).includes("started")))
      break;
  }
  return { end: watchToEnd(host, build!.id) };
}

it("ends a build with the reason when the API server dies, and builds again after a restart", async () => {
  const host = await startHost();
  await builder(host);
  const { end } = await startStep(host, "sleep 3600");
  await cluster.killApi();
  const { finished } = await end;
  expect(finished.state).toBe(BuildState.FAILED);
  expect(finished.error).toMatchObject({
    reason: "KUBERNETES_UNREACHABLE",
    remedy: expect.stringMatching(/./),
  });
  expect(finished.error?.message).toContain("refuses connections");

  await cluster.startApi();
  const context = fromPath(await busyboxImage("RUN echo restarted"));
  // The cluster takes its node for lost until the kubelet has reported again.
  const again = async () => (await mustBuild(host, { builder: "kube", context })).output;
  await expect.poll(again, { timeout: 120_000 }).toContain("restarted");
});

it("ends a build with the reason when the node is lost silently", async () => {
  const host = await startHost();
  await builder(host);
  const { end } = await startStep(host, "sleep 3600");
  await cluster.freezeKubelet();
  const { finished } = await end;
  expect(finished.state).toBe(BuildState.FAILED);
  expect(finished.error?.message).toContain("is lost: its node localhost is not ready");
});
