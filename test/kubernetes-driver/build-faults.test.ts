import { randomInt, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { V1Pod } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { pidsOf } from "../lab/index.js";
import { ask } from "../lab/kubernetes/access.js";
import { access, api, busyboxImage, namespace, newBuilder, type Options } from "./harness.js";

/** A build whose RUN step has started and takes an hour. */
async function busyBuild(options: Options = {}, run?: string) {
  const host = await startHost();
  const space = await namespace();
  await newBuilder(host, "kube", { namespace: space, ...options });
  const word = `36${randomInt(1e6)}`;
  const { end } = await startStep(host, run ?? `sleep ${word}`);
  return { host, space, word, end };
}

async function startStep(host: TestHost, run: string) {
  const context = await busyboxImage(`RUN echo ${randomUUID()} started; ${run}`);
  const { build } = await host.builds.startBuild({ spec: { builder: "kube", context: fromPath(context) } });
  const end = watchToEnd(host, build!.id);
  const stepStarted = async () => {
    for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
      const { event: of } = event!;
      if (of.case === "finished") throw new Error(`the build ended: ${of.value.error?.message}`);
      if (of.case === "progress" && of.value.logs.some(({ data }) => Buffer.from(data).includes("started")))
        return;
    }
  };
  await stepStarted();
  return { end };
}

const podsOf = async (space: string) =>
  (await api<{ items: V1Pod[] }>("GET", `/api/v1/namespaces/${space}/pods`)).items;

/** Process id of the buildkitd of a pod on this machine. */
async function daemonOf(pod: V1Pod): Promise<number> {
  const uid = pod.metadata!.uid!;
  for (const pid of await pidsOf("/usr/bin/buildkitd"))
    if ((await readFile(`/proc/${pid}/mountinfo`, "utf8")).includes(uid)) return pid;
  throw new Error(`there is no buildkitd of pod ${pod.metadata?.name}`);
}

/** A process and its ancestors. */
async function ancestors(pid: number): Promise<number[]> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const parent = Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
  return parent > 1 ? [pid, ...(await ancestors(parent))] : [pid];
}

it("ends at once with the reason when the pod is deleted, and the next build uses another pod", async () => {
  const { host, space, end } = await busyBuild();
  const [pod] = await podsOf(space);
  await ask(access(), "DELETE", `/api/v1/namespaces/${space}/pods/${pod!.metadata!.name}`);
  const { finished } = await end;
  expect(finished.state).toBe(BuildState.FAILED);
  expect(finished.error?.message).toContain(`Pod ${pod!.metadata!.name} is being deleted`);
  expect(finished.error?.remedy).toContain("Run the build again.");
  const run = await mustBuild(host, {
    builder: "kube",
    context: fromPath(await busyboxImage("RUN echo next")),
  });
  expect(run.output).toContain("next");
});

it("ends at once when the pod is deleted without a grace period", async () => {
  const { space, end } = await busyBuild();
  const [pod] = await podsOf(space);
  await ask(
    access(),
    "DELETE",
    `/api/v1/namespaces/${space}/pods/${pod!.metadata!.name}?gracePeriodSeconds=0`,
  );
  const { finished } = await end;
  expect(finished.error?.message).toMatch(new RegExp(`Pod ${pod!.metadata!.name} (was|is being) deleted`));
});

it("ends with the reason when the pod is evicted", async () => {
  const { space, end } = await busyBuild();
  const [pod] = await podsOf(space);
  const name = pod!.metadata!.name!;
  await api("POST", `/api/v1/namespaces/${space}/pods/${name}/eviction`, {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name },
  });
  const { finished } = await end;
  expect(finished.error?.message).toMatch(new RegExp(`Pod ${name} is being (evicted|deleted)`));
});

it("reports which of several pods was lost, and builds on the others", async () => {
  const { host, space, end, word } = await busyBuild({ replicas: "2" });
  const pods = await podsOf(space);
  const daemons = await Promise.all(pods.map(daemonOf));
  const [step] = await pidsOf("sleep", word);
  const line = await ancestors(step!);
  const busy = pods[daemons.findIndex((daemon) => line.includes(daemon))]!.metadata!.name;
  await ask(access(), "DELETE", `/api/v1/namespaces/${space}/pods/${busy}`);
  const { finished } = await end;
  expect(finished.error?.message).toContain(`Pod ${busy} is being deleted`);
  await mustBuild(host, { builder: "kube", context: fromPath(await busyboxImage("RUN echo next")) });
});
