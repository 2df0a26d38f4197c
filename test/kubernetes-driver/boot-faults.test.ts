import type { V1Pod } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { driver } from "../../plugins/kubernetes/src/driver.js";
import { Code, NodeState } from "../../src/driver/index.js";
import { startHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { ask } from "../lab/kubernetes/access.js";
import { openOffered } from "../offered.js";
import { access, api, call, endpoint, failure, namespace, node, type Options } from "./harness.js";

/** Boots a node that fails; returns the error, the log lines and the status afterwards. */
async function boot(options: Options, more: { daemonFlags?: string[] } = {}) {
  const config = await node({ options: { namespace: await namespace(), ...options }, ...more });
  const steps = call();
  const error = await failure(driver.bootstrap(config, steps));
  const status = await driver.inspect(config, call());
  // What is left is said, and shown by the status.
  expect(error.remedy).toMatch(
    / stays in namespace \S+ for the next attempt; remove the builder to remove it\.$/,
  );
  expect(status.state).not.toBe(NodeState.ABSENT);
  return {
    error,
    logs: steps.logs().join("\n"),
    status,
    config,
    steps: steps.steps,
  };
}

it("fails on an image that cannot be pulled, with the event's message", async () => {
  const image = "127.0.0.1:1/nothing/here:1";
  const { error, logs, status, steps } = await boot({ image });
  expect(error).toMatchObject({ code: Code.FailedPrecondition, reason: "IMAGE_PULL_BACK_OFF" });
  expect(error.message).toContain(image);
  expect(error.message).toContain("connection refused");
  expect(logs).toContain(`Pulling image "${image}"`);
  expect(logs).toContain("Warning: Failed: Failed to pull image");
  expect(status).toMatchObject({ state: NodeState.STARTING, reason: expect.stringContaining("PULL") });
  expect(steps.at(-1)).toMatchObject({ id: "pods", done: true, error: error.message });
});

it("fails on a BuildKit that exits, with its error message", async () => {
  // An unknown flag would make buildkitd print its usage too, of which Kubernetes keeps only the end.
  const { error } = await boot({}, { daemonFlags: ["--oci-worker-snapshotter=no-such-snapshotter"] });
  expect(error).toMatchObject({ code: Code.FailedPrecondition });
  expect(error.message).toContain("no-such-snapshotter");
});

it("reports why a pod is not scheduled when the timeout expires", async () => {
  const { error, logs, status } = await boot({ nodeselector: "disk=fast", timeout: "10s" });
  expect(error).toMatchObject({ code: Code.DeadlineExceeded, reason: "UNSCHEDULABLE" });
  expect(error.message).toMatch(
    /^Expected 1 replicas to be ready, got 0 within 10s\. Pod .*didn't match Pod's node affinity/,
  );
  expect(logs).toContain("didn't match Pod's node affinity");
  expect(status).toMatchObject({ state: NodeState.STARTING, reason: "UNSCHEDULABLE" });
});

it("reports how many replicas are ready, and builds with those", async () => {
  // Two pods that need the same port of the only node.
  const template =
    "{spec: {containers: [{name: buildkitd, ports: [{containerPort: 12345, hostPort: 47123}]}]}}";
  const { error, status, config } = await boot({ replicas: "2", template, timeout: "40s" });
  expect(error.message).toMatch(/^Expected 2 replicas to be ready, got 1 within 40s\. Pod .*free ports/);
  expect(status.state).toBe(NodeState.RUNNING);
  expect(status.dynamicNodes?.map(({ state }) => state).sort()).toEqual(
    [NodeState.STARTING, NodeState.RUNNING].sort(),
  );
  (await openOffered(driver, config, call())).on("error", () => {}).destroy();
});

it("fails at once when a quota is exhausted, or asks for limits that are not set", async () => {
  const quota = (space: string, hard: Record<string, string>) =>
    api("POST", `/api/v1/namespaces/${space}/resourcequotas`, { metadata: { name: "none" }, spec: { hard } });
  const [full, strict] = [await namespace(), await namespace()];
  await quota(full, { pods: "0" });
  const { error, logs } = await boot({ namespace: full, timeout: "5m" });
  expect(error).toMatchObject({ code: Code.ResourceExhausted, reason: "PODS_REFUSED" });
  expect(error.message).toContain("exceeded quota");
  expect(error.remedy).toContain("quota");
  expect(logs).toContain("exceeded quota");

  await quota(strict, { "requests.cpu": "1", "limits.memory": "2Gi" });
  const refused = (await boot({ namespace: strict, timeout: "5m" })).error;
  expect(refused).toMatchObject({ code: Code.FailedPrecondition, reason: "PODS_REFUSED" });
  expect(refused.remedy).toContain(
    "Set the driver options that the quota asks for: limits.memory, requests.cpu.",
  );
  const asked = { "requests.cpu": "100m", "limits.memory": "1Gi" };
  const config = await node({ options: { namespace: strict, ...asked } });
  expect(await driver.bootstrap(config, call())).toMatchObject({ state: NodeState.RUNNING });
});

it.each(["false", "true"])(
  "fails at once when Pod Security refuses the pods, rootless=%s",
  async (rootless) => {
    const space = await namespace();
    await api("PATCH", `/api/v1/namespaces/${space}`, {
      metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    const { error } = await boot({ namespace: space, timeout: "5m", rootless });
    expect(error).toMatchObject({ code: Code.FailedPrecondition, reason: "PODS_REFUSED" });
    expect(error.message).toContain('violates PodSecurity "restricted:latest"');
    expect(error.remedy).toContain(
      `kubectl label namespace ${space} pod-security.kubernetes.io/enforce=privileged`,
    );
  },
);

it("a builder that is created with its boot leaves nothing when that fails, and the error names nothing", async () => {
  const space = await namespace();
  await api("POST", `/api/v1/namespaces/${space}/resourcequotas`, {
    metadata: { name: "none" },
    spec: { hard: { pods: "0" } },
  });
  const host = await startHost();
  const options = { image: lab().kubernetes.image, namespace: space };
  const value = { name: "kube", driver: "kubernetes", node: { endpoint: endpoint(), options } };
  const creating = async () => {
    for await (const _ of host.builders.bootstrapBuilder({ change: { case: "create", value } }));
  };
  const error = await failure(creating());
  expect(error).toMatchObject({ reason: "PODS_REFUSED", metadata: {} });
  expect(error.remedy).toMatch(/or lower the driver options requests and limits\.$/);
  expect(await api("GET", `/apis/apps/v1/namespaces/${space}/deployments`)).toMatchObject({ items: [] });
});

it("can be cancelled, and the next call continues with the created objects", async () => {
  const config = await node({ options: { namespace: await namespace(), nodeselector: "disk=fast" } });
  const abort = new AbortController();
  const steps = call();
  const booting = driver.bootstrap(config, {
    ...steps,
    signal: abort.signal,
    progress: async (step) => {
      if (step.id === "pods") abort.abort(new Error("enough"));
    },
  });
  await expect(booting).rejects.toThrow("enough");
  const { nodeselector: _, ...options } = config.options;
  expect(await driver.bootstrap(await node({ options }), call())).toMatchObject({ state: NodeState.RUNNING });
});

it("reports that the workload was deleted while it was starting", async () => {
  const config = await node({ options: { namespace: await namespace(), nodeselector: "disk=fast" } });
  const steps = call();
  let deleted = false;
  const booting = driver.bootstrap(config, {
    ...steps,
    progress: async (step) => {
      if (step.id !== "pods" || deleted) return;
      deleted = true;
      void ask(access(), "DELETE", `/apis/apps/v1/namespaces/${config.options.namespace}/deployments/kube0`);
    },
  });
  expect(await failure(booting)).toMatchObject({ code: Code.Aborted, reason: "WORKLOAD_DELETED" });
});

it("is ready as soon as BuildKit answers", async () => {
  const config = await node({ options: { namespace: await namespace() } });
  await driver.bootstrap(config, call());
  const { items } = await api<{ items: V1Pod[] }>(
    "GET",
    `/api/v1/namespaces/${config.options.namespace}/pods`,
  );
  const { status } = items[0]!;
  const started = status?.containerStatuses?.[0]?.state?.running?.startedAt;
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
  // With buildx the pods need at least 30 s.
  expect(Number(new Date(ready!)) - Number(new Date(started!))).toBeLessThan(30_000);
});
