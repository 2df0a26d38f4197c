import type { V1Deployment, V1PersistentVolumeClaim, V1StatefulSet } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { openTarget } from "../../plugins/kubernetes/src/cluster/open.js";
import { driver } from "../../plugins/kubernetes/src/driver.js";
import { applyNode } from "../../plugins/kubernetes/src/workload/apply.js";
import { type NodeConfig, NodeState } from "../../src/driver/index.js";
import { api, call, failure, namespace, node, type Options, runIn, running } from "./harness.js";

/** Applies a node's objects without waiting for its pods. */
const apply = (config: NodeConfig) => applyNode(openTarget(config), () => {}, call().signal);

const remaining = async (space: string) => {
  const names: string[] = [];
  for (const [group, kind] of [
    ["apis/apps/v1", "deployments"],
    ["apis/apps/v1", "statefulsets"],
    ["api/v1", "pods"],
    ["api/v1", "secrets"],
    ["api/v1", "persistentvolumeclaims"],
  ]) {
    const { items } = await api<{ items: { metadata: { name: string; deletionTimestamp?: string } }[] }>(
      "GET",
      `/${group}/namespaces/${space}/${kind}`,
    );
    names.push(
      ...items
        .filter(({ metadata }) => !metadata.deletionTimestamp)
        .map(({ metadata }) => `${kind}/${metadata.name}`),
    );
  }
  return names;
};

const remove = (config: NodeConfig, more: { keepState?: boolean; keepDaemon?: boolean } = {}) =>
  driver.remove(config, { ...call(), force: false, keepState: false, keepDaemon: false, ...more });

it("sets the field of every option", async () => {
  const space = await namespace();
  const options: Options = {
    namespace: space,
    replicas: "2",
    "requests.cpu": "10m",
    "requests.memory": "64Mi",
    "requests.ephemeral-storage": "1Gi",
    "limits.cpu": "2",
    "limits.memory": "1Gi",
    "limits.ephemeral-storage": "2Gi",
    "buildkit-root-volume-memory": "128Mi",
    nodeselector: "disk=fast,zone=nowhere",
    tolerations: "key=a,value=b;key=c,operator=Exists,effect=NoExecute,tolerationSeconds=60",
    affinity: JSON.stringify({
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, preference: { matchExpressions: [{ key: "x", operator: "Exists" }] } },
        ],
      },
    }),
    "topology-spread-constraints":
      "- maxSkew: 1\n  topologyKey: kubernetes.io/hostname\n  whenUnsatisfiable: ScheduleAnyway\n",
    template: "{spec: {hostNetwork: true, containers: [{name: buildkitd, tty: true}]}}",
    annotations: "example.com/why=because",
    labels: "team=builds",
    serviceaccount: "builder",
    schedulername: "my-scheduler",
    "qemu.install": "true",
    "qemu.image": "binfmt.test/binfmt:1",
    "env.HTTP_PROXY": "http://proxy:3128",
    "env.EMPTY": "",
  };
  const daemonFiles = {
    "buildkitd.toml": Buffer.from("debug = true\n"),
    "certs/reg/ca.pem": Buffer.from("x"),
  };
  await apply(
    await node({ options, daemonFlags: ["--debug"], daemonFiles, platforms: ["linux/amd64", "linux/386"] }),
  );
  const deployment = await api<V1Deployment>("GET", `/apis/apps/v1/namespaces/${space}/deployments/kube0`);
  const { metadata, spec } = deployment;
  expect(metadata?.labels).toEqual({
    app: "kube0",
    team: "builds",
    "app.kubernetes.io/managed-by": "slipway",
  });
  expect(metadata?.annotations).toMatchObject({
    "example.com/why": "because",
    "buildx.docker.com/platform": "linux/amd64,linux/386",
    "slipway.dev/builder": "kube",
  });
  const template = spec?.template;
  expect(template?.metadata?.labels).toMatchObject({ app: "kube0", team: "builds" });
  expect(spec?.replicas).toBe(2);
  expect(template?.spec).toMatchObject({
    nodeSelector: { disk: "fast", zone: "nowhere" },
    tolerations: [
      { key: "a", value: "b" },
      { key: "c", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 },
    ],
    affinity: JSON.parse(options.affinity!),
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "kube0" } } },
    ],
    hostNetwork: true,
    serviceAccountName: "builder",
    schedulerName: "my-scheduler",
    initContainers: [
      {
        name: "qemu",
        image: "binfmt.test/binfmt:1",
        args: ["--install", "all"],
        securityContext: { privileged: true },
      },
    ],
    volumes: [
      { name: "buildkitd", emptyDir: { medium: "Memory", sizeLimit: "128Mi" } },
      { name: "config", secret: { secretName: "kube0-config" } },
    ],
  });
  expect(template?.spec?.containers).toMatchObject([
    {
      name: "buildkitd",
      tty: true,
      args: [
        "--config",
        "/etc/buildkit/buildkitd.toml",
        "--debug",
        "--allow-insecure-entitlement=network.host",
      ],
      env: [{ name: "EMPTY" }, { name: "HTTP_PROXY", value: "http://proxy:3128" }],
      resources: {
        requests: { cpu: "10m", memory: "64Mi", "ephemeral-storage": "1Gi" },
        limits: { cpu: "2", memory: "1Gi", "ephemeral-storage": "2Gi" },
      },
      securityContext: { privileged: true },
      volumeMounts: [
        { name: "buildkitd", mountPath: "/var/lib/buildkit" },
        { name: "config", mountPath: "/etc/buildkit" },
      ],
    },
  ]);
});

it("creates pods without root privileges when rootless is set", async () => {
  const space = await namespace();
  await apply(
    await node({
      options: { namespace: space, rootless: "true", "persistent-volume-claim.requests.storage": "1Gi" },
    }),
  );
  const { spec } = await api<V1StatefulSet>("GET", `/apis/apps/v1/namespaces/${space}/statefulsets/kube0`);
  expect(spec?.template.spec).toMatchObject({
    securityContext: { fsGroup: 1000 },
    containers: [
      {
        args: expect.arrayContaining(["--oci-worker-no-process-sandbox"]),
        securityContext: { seccompProfile: { type: "Unconfined" }, appArmorProfile: { type: "Unconfined" } },
        volumeMounts: [{ name: "buildkitd", mountPath: "/home/user/.local/share/buildkit" }],
      },
    ],
  });
  expect(spec?.template.spec?.containers[0]?.securityContext).not.toHaveProperty("privileged");
});

it("passes files and flags to the daemon, and keeps its state on a claim when stopped or removed", async () => {
  const space = await namespace();
  const daemonFiles = {
    "buildkitd.toml": Buffer.from('[worker.oci]\n[worker.oci.labels]\n"lab.test/from" = "file"\n'),
    "certs/registry/ca.pem": Buffer.from("a certificate"),
  };
  const options = { namespace: space, "persistent-volume-claim.requests.storage": "1Gi" };
  const config = await running({
    options,
    daemonFiles,
    daemonFlags: ["--oci-worker-labels", "lab.test/by=flag"],
  });
  expect(await runIn(config, "buildctl debug workers -v")).toMatch(/lab\.test\/by:\s+flag/);
  expect(await runIn(config, "buildctl debug workers -v")).toMatch(/lab\.test\/from:\s+file/);
  expect(await runIn(config, "cat /etc/buildkit/certs/registry/ca.pem")).toBe("a certificate");
  await runIn(config, "echo kept > /var/lib/buildkit/mark");

  expect(await driver.stop!(config, { ...call(), force: true })).toMatchObject({ state: NodeState.STOPPED });
  await driver.bootstrap(config, call());
  expect(await runIn(config, "cat /var/lib/buildkit/mark")).toBe("kept\n");

  expect(await remove(config, { keepState: true })).toEqual({
    removed: ["StatefulSet kube0", "Secret kube0-config"],
    kept: ["PersistentVolumeClaim buildkitd-kube0-0"],
  });
  expect(await driver.inspect(config, call())).toMatchObject({ state: NodeState.ABSENT, stateKept: true });
  await driver.bootstrap(config, call());
  expect(await runIn(config, "cat /var/lib/buildkit/mark")).toBe("kept\n");

  expect((await remove(config)).removed).toContain("PersistentVolumeClaim buildkitd-kube0-0");
  expect(await remaining(space)).toEqual([]);
  expect(await driver.inspect(config, call())).toMatchObject({ state: NodeState.ABSENT, stateKept: false });
});

it("applies changed options to a running node, and reports which differ", async () => {
  const space = await namespace();
  const options = { namespace: space };
  const before = await running({ options });
  const daemonFiles = { "buildkitd.toml": Buffer.from("debug = true\n") };
  const after = await node({ options: { ...options, "env.LAB": "changed" }, daemonFiles });
  const changed = await driver.inspect(after, call());
  expect(changed.state).toBe(NodeState.RUNNING);
  expect(changed.changedFields?.sort()).toEqual(["daemon_files[buildkitd.toml]", "options[env.LAB]"]);

  expect(await driver.bootstrap(after, call())).toMatchObject({ changedFields: [] });
  expect(await runIn(after, "echo $LAB; cat /etc/buildkit/buildkitd.toml")).toBe("changed\ndebug = true\n");
  // Pods that are being deleted are listed and do not count as running.
  const { dynamicNodes = [] } = await driver.inspect(after, call());
  expect(dynamicNodes.filter(({ state }) => state === NodeState.RUNNING)).toHaveLength(1);

  const claim = await node({ options: { ...options, "persistent-volume-claim.requests.storage": "1Gi" } });
  const boot = call();
  await driver.bootstrap(claim, boot);
  expect(boot.logs().join("\n")).toContain("Replacing the Deployment");
  expect(await remaining(space)).toEqual([
    "statefulsets/kube0",
    "pods/kube0-0",
    "persistentvolumeclaims/buildkitd-kube0-0",
  ]);

  const larger = await node({ options: { ...options, "persistent-volume-claim.requests.storage": "2Gi" } });
  expect(await failure(driver.bootstrap(larger, call()))).toMatchObject({
    reason: "CONFIG_CHANGED",
    fields: [{ field: "options[persistent-volume-claim.requests.storage]" }],
  });
  expect((await driver.inspect(before, call())).changedFields).toContain(
    "options[persistent-volume-claim.requests.storage]",
  );
  const claims = await api<{ items: V1PersistentVolumeClaim[] }>(
    "GET",
    `/api/v1/namespaces/${space}/persistentvolumeclaims`,
  );
  expect(claims.items[0]?.spec?.resources?.requests?.storage).toBe("1Gi");
});

it("does not touch objects that it did not create", async () => {
  const space = await namespace();
  const template = {
    metadata: { labels: { app: "kube0" } },
    spec: { containers: [{ name: "c", image: "x" }] },
  };
  await api("POST", `/apis/apps/v1/namespaces/${space}/deployments`, {
    metadata: { name: "kube0" },
    spec: { replicas: 0, selector: { matchLabels: { app: "kube0" } }, template },
  });
  const config = await node({ options: { namespace: space } });
  expect(await driver.inspect(config, call())).toMatchObject({
    state: NodeState.UNREACHABLE,
    reason: "NAME_TAKEN",
  });
  expect(await failure(driver.bootstrap(config, call()))).toMatchObject({ reason: "NAME_TAKEN" });
  expect(await remove(config)).toEqual({ removed: [], kept: [] });
  expect(await remaining(space)).toEqual(["deployments/kube0"]);
});

it("creates one node when several calls create it at the same time", async () => {
  const space = await namespace();
  const config = await node({ options: { namespace: space } });
  const statuses = await Promise.all([1, 2, 3].map(() => driver.bootstrap(config, call())));
  for (const status of statuses) expect(status.state).toBe(NodeState.RUNNING);
  expect((await remaining(space)).filter((name) => !name.startsWith("pods/"))).toEqual(["deployments/kube0"]);
  expect((await remaining(space)).filter((name) => name.startsWith("pods/"))).toHaveLength(1);
});
