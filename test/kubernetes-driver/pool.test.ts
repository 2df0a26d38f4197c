import { randomUUID } from "node:crypto";
import type { V1Pod } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { fromPath, mustBuild, watchToEnd } from "../host/build.js";
import type { TestHost } from "../host/host.js";
import { ask } from "../lab/kubernetes/access.js";
import { access, api, builderHost, busyboxImage, namespace, type Options, statusOf } from "./harness.js";

const pool: Options = {
  "pool.max": "2",
  "pool.idle": "5s",
  "pool.steal": "2s",
  "persistent-volume-claim.requests.storage": "1Gi",
};

const podsOf = async (space: string) =>
  (await api<{ items: V1Pod[] }>("GET", `/api/v1/namespaces/${space}/pods`)).items;
const liveOf = async (space: string) =>
  (await podsOf(space))
    .filter(({ metadata }) => !metadata?.deletionTimestamp)
    .map((pod) => pod.metadata!.name!);

/** Starts a build whose step takes some time. */
function longBuild(host: TestHost, seconds = 3600) {
  return buildOf(host, (word) => `RUN echo ${word}; sleep ${seconds}; echo finished`);
}

/** Starts a build with an instruction, which writes the word when it has begun. */
async function buildOf(host: TestHost, instruction: (word: string) => string) {
  const word = randomUUID();
  const context = await busyboxImage(instruction(word));
  const { build } = await host.builds.startBuild({ spec: { builder: "kube", context: fromPath(context) } });
  const id = build!.id;
  const end = watchToEnd(host, id);
  const started = (async () => {
    for await (const { event } of host.builds.watchBuild({ id })) {
      const { event: of } = event!;
      if (of.case === "finished") throw new Error(`the build ended: ${of.value.error?.message}`);
      if (of.case === "progress" && of.value.logs.some(({ data }) => Buffer.from(data).includes(word)))
        return;
    }
  })();
  const cancel = async () => {
    await host.builds.cancelBuild({ id });
    return end;
  };
  return { started, end, cancel };
}

it("creates a worker for each build up to its maximum, goes back to zero, and keeps the cache", async () => {
  const space = await namespace();
  const host = await builderHost({ ...pool, namespace: space });
  const word = randomUUID();
  const context = fromPath(await busyboxImage(`RUN echo ${word}`));
  const build = async () => (await mustBuild(host, { builder: "kube", context })).output;
  expect(await build()).toContain(word);
  expect(await liveOf(space)).toHaveLength(1);

  const [one, two] = [await longBuild(host), await longBuild(host)];
  await Promise.all([one.started, two.started]);
  expect(await liveOf(space)).toEqual(["kube0-0", "kube0-1"]);
  const third = await longBuild(host);
  const tooEarly = await Promise.race([
    third.started,
    new Promise((resolve) => setTimeout(resolve, 4_000, "waits")),
  ]);
  expect(tooEarly).toBe("waits");
  expect(await podsOf(space)).toHaveLength(2);
  await one.cancel();
  await third.started;
  await Promise.all([two.cancel(), third.cancel()]);

  const begun = Date.now();
  await expect.poll(() => podsOf(space), { timeout: 60_000, interval: 500 }).toEqual([]);
  expect(Date.now() - begun).toBeLessThan(15_000);
  expect(await statusOf(host)).toMatchObject({ state: NodeState.STOPPED, reason: "SCALED_TO_ZERO" });
  // The step comes from the cache.
  expect(await build()).toBe("");
  await host.builders.removeBuilder({ name: "kube" });
  expect(await podsOf(space)).toEqual([]);
});

it("finishes a build whose worker is drained or deleted", async () => {
  const space = await namespace();
  const host = await builderHost({ ...pool, namespace: space });
  const { started, end } = await longBuild(host, 15);
  await started;
  const [pod] = await podsOf(space);
  expect(pod!.metadata!.labels).toMatchObject({ "slipway.dev/busy": "true" });
  const name = pod!.metadata!.name!;
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
  const drain = api("POST", `/api/v1/namespaces/${space}/pods/${name}/eviction`, eviction);
  await expect(drain).rejects.toThrow("disruption budget");
  await ask(access(), "DELETE", `/api/v1/namespaces/${space}/pods/${name}`);
  const { finished, events, output } = await end;
  expect(finished.state).toBe(BuildState.SUCCEEDED);
  expect(output).toContain("finished");
  const draining = events.find(({ event }) => event.case === "draining");
  expect(draining?.event.value).toMatchObject({
    message: expect.stringContaining(`Pod ${name} is being deleted.`),
  });
});

it("begins a build again, with its caches, when its worker is gone at once", async () => {
  const space = await namespace();
  const host = await builderHost({ ...pool, namespace: space, "pool.max": "1" });
  // The second time the file is there.
  const { started, end } = await buildOf(
    host,
    (word) =>
      `RUN --mount=type=cache,target=/c [ -e /c/${word} ] || { touch /c/${word}; echo ${word}; sleep 3600; }`,
  );
  await started;
  const [pod] = await podsOf(space);
  const name = pod!.metadata!.name!;
  await ask(access(), "DELETE", `/api/v1/namespaces/${space}/pods/${name}?gracePeriodSeconds=0`);
  const { finished, events } = await end;
  expect(finished.error).toBeUndefined();
  const restarted = events.flatMap(({ event }) => (event.case === "restarted" ? [event.value] : []));
  expect(restarted).toMatchObject([
    { attempt: 2, reason: "POD_DELETED", message: expect.stringContaining(`Pod ${name} was deleted.`) },
  ]);
});

it("fails with the reason when no worker can be had", async () => {
  const space = await namespace();
  await api("POST", `/api/v1/namespaces/${space}/resourcequotas`, {
    metadata: { name: "none" },
    spec: { hard: { pods: "0" } },
  });
  const host = await builderHost({ ...pool, namespace: space });
  const build = async () => {
    const context = fromPath(await busyboxImage("RUN echo x"));
    const { build } = await host.builds.startBuild({ spec: { builder: "kube", context } });
    return (await watchToEnd(host, build!.id)).finished.error;
  };
  const refused = await build();
  expect(refused).toMatchObject({ reason: "PODS_REFUSED" });
  expect(refused!.message).toContain("exceeded quota");
});

it("does not use the build cache in somebody else's claim", async () => {
  const space = await namespace();
  const name = "buildkitd-kube0-0";
  await api("POST", `/api/v1/namespaces/${space}/persistentvolumeclaims`, {
    metadata: { name },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
  const host = await builderHost({ ...pool, "pool.max": "1", namespace: space });
  const context = fromPath(await busyboxImage("RUN echo x"));
  const { build } = await host.builds.startBuild({ spec: { builder: "kube", context } });
  const { error } = (await watchToEnd(host, build!.id)).finished;
  expect(error).toMatchObject({ reason: "NAME_TAKEN" });
  expect(error!.message).toContain(name);
  expect(await podsOf(space)).toEqual([]);
});
