import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { NodeConfigSchema } from "slipway/driver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { validate } from "./validate.js";

let folder: string;
let kubeconfig: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  kubeconfig = join(folder, "config");
  const context = (name: string, namespace?: string) => ({
    name,
    context: { cluster: "c", user: "u", ...(namespace && { namespace }) },
  });
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "u", user: { token: "s3cr3t-token" } }],
      contexts: [context("one"), context("two", "builds")],
      "current-context": "one",
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function check(init: MessageInitShape<typeof NodeConfigSchema> = {}) {
  const config = create(NodeConfigSchema, { builder: "kube", node: "kube_0", ...init });
  return validate(config, { KUBECONFIG: kubeconfig });
}

const messages = (init: MessageInitShape<typeof NodeConfigSchema>) =>
  Object.fromEntries(check(init).diagnostics.map(({ field, message }) => [field, message]));

describe("the normal form", () => {
  it("is complete, and does not change", () => {
    const { config, diagnostics } = check({ options: { "requests.cpu": "500m", timeout: "90s" } });
    expect(diagnostics).toEqual([]);
    const query = new URLSearchParams({ deployment: "kube-0", kubeconfig, context: "one" });
    expect(config.endpoint).toBe(`kubernetes:///kube?${query}`);
    expect(config.options).toEqual({
      image: "moby/buildkit:buildx-stable-1",
      namespace: "default",
      replicas: "1",
      rootless: "false",
      loadbalance: "sticky",
      "qemu.install": "false",
      "qemu.image": "tonistiigi/binfmt:latest",
      timeout: "1m30s",
      "default-load": "false",
      "requests.cpu": "500m",
    });
    expect(config.daemonFlags).toEqual(["--allow-insecure-entitlement=network.host"]);
    const again = validate(config, { KUBECONFIG: "/elsewhere" });
    expect(again).toEqual({ config, diagnostics: [] });
  });

  it("has no credentials", () => {
    expect(
      JSON.stringify(check().config, (_, value) => (typeof value === "bigint" ? 0 : value)),
    ).not.toContain("s3cr3t");
  });

  it("has the namespace of the selected context, and the rootless image", () => {
    const { config } = check({ endpoint: "kubernetes://?context=two", options: { rootless: "1" } });
    expect(config.options).toMatchObject({
      namespace: "builds",
      image: "moby/buildkit:buildx-stable-1-rootless",
    });
    expect(config.endpoint).toContain("context=two");
  });
});

it("skips missing files of a list, in which the first file of a name wins, as kubectl does", () => {
  const config = create(NodeConfigSchema, { builder: "kube", node: "kube_0" });
  const second = join(folder, "second");
  writeFileSync(
    second,
    JSON.stringify({
      contexts: [
        { name: "two", context: { cluster: "c", namespace: "hidden" } },
        { name: "three", context: { cluster: "c", namespace: "third" } },
      ],
      "current-context": "three",
    }),
  );
  const namespaceFor = (context: string) => {
    const list = ["/missing", kubeconfig, "/missing/too", second].join(":");
    const chosen = validate({ ...config, endpoint: `kubernetes://${context}` }, { KUBECONFIG: list });
    expect(chosen.diagnostics).toEqual([]);
    return chosen.config.options.namespace;
  };
  expect(["", "?context=two", "?context=three"].map(namespaceFor)).toEqual(["default", "builds", "third"]);
  const { diagnostics } = validate(config, { KUBECONFIG: "/missing" });
  expect(diagnostics).toMatchObject([
    { message: "The kubeconfig /missing cannot be read: it does not exist." },
  ]);
});

it("reports everything that is wrong at once, each with its path", () => {
  expect(
    messages({
      options: {
        replicas: "0",
        "requests.memory": "lots",
        "requests.cpu": "2",
        "limits.cpu": "1500m",
        "limits.memory": "-1Gi",
        tolerations: "key=a,effect=Sometimes",
        affinity: "{nodes: {}}",
        "topology-spread-constraints": "[{maxSkew: 1, whenUnsatisfiable: DoNotSchedule}]",
        template: "{spec: [",
        labels: "app=mine",
        annotations: "slipway.dev/node=x",
        nodeselector: "disk=not a value",
        namespace: "No_Namespace",
        timeout: "soon",
        loadbalance: "fair",
        "buildkit-root-volume-memory": "1Gi",
        "persistent-volume-claim.requests.storage": "1Gi",
        replica: "2",
      },
    }),
  ).toEqual({
    "options[replicas]": expect.stringContaining("from 1 to 1000"),
    "options[requests.memory]": expect.stringContaining("expected a quantity"),
    "options[requests.cpu]": expect.stringContaining("(2) is more than limits.cpu (1500m)"),
    "options[limits.memory]": expect.stringContaining("expected a quantity of more than 0"),
    "options[tolerations]": expect.stringContaining(
      'toleration 1 ("key=a,effect=Sometimes"): effect must be one of',
    ),
    "options[affinity]": expect.stringContaining('it has no field "nodes"'),
    "options[topology-spread-constraints]": expect.stringContaining("constraint 1: topologyKey is missing"),
    "options[template]": expect.stringContaining("neither JSON nor YAML"),
    "options[labels]": expect.stringContaining('cannot set "app"'),
    "options[annotations]": expect.stringContaining('cannot set "slipway.dev/node"'),
    "options[nodeselector]": expect.stringContaining("is not a valid value of the label disk"),
    "options[namespace]": expect.stringContaining("is not a valid namespace name"),
    "options[timeout]": expect.stringContaining("expected a duration"),
    "options[loadbalance]": expect.stringContaining("expected one of sticky, random"),
    "options[buildkit-root-volume-memory]": expect.stringContaining(
      "excludes persistent-volume-claim.requests.storage",
    ),
    "options[replica]": expect.stringContaining('has no option "replica"'),
  });
});

describe("pools", () => {
  it("have defaults, and a limit for what they write", () => {
    const { config, diagnostics } = check({ options: { "pool.max": "3" } });
    expect(diagnostics).toEqual([]);
    expect(config.options).toMatchObject({
      "pool.max": "3",
      "pool.min": "0",
      "pool.idle": "3m0s",
      "pool.steal": "5s",
      "pool.grace": "1h0m0s",
      "persistent-volume-claim.requests.storage": "20Gi",
      "limits.ephemeral-storage": "4Gi",
    });
    expect(validate(config, { KUBECONFIG: kubeconfig })).toEqual({ config, diagnostics: [] });
  });

  it.each<[Record<string, string>, Record<string, unknown>]>([
    [{ "pool.max": "0" }, { "options[pool.max]": expect.stringContaining("from 1 to 100") }],
    [{ "pool.max": "many" }, { "options[pool.max]": expect.stringContaining("expected a whole number") }],
    [
      { "pool.max": "2", "pool.min": "3" },
      { "options[pool.min]": expect.stringContaining("(3) is more than pool.max (2)") },
    ],
    [
      { "pool.max": "2", replicas: "2" },
      { "options[replicas]": expect.stringContaining("excludes pool.max") },
    ],
    [
      { "pool.max": "2", "pool.idle": "0s", "pool.grace": "1s" },
      {
        "options[pool.idle]": expect.stringContaining("at least 1s"),
        "options[pool.grace]": expect.stringContaining("at least 30s"),
      },
    ],
    [{ "pool.idle": "5m" }, { "options[pool.idle]": expect.stringContaining("only on a pool") }],
  ])("refuse %o", (options, expected) => {
    expect(messages({ options })).toEqual(expected);
  });
});

describe("names", () => {
  it("can have the length that Kubernetes allows", () => {
    expect(messages({ node: "n".repeat(63) })).toEqual({});
    expect(messages({ node: "n".repeat(64) })).toEqual({
      node: expect.stringContaining("Kubernetes allows 63"),
    });
    const options = { "persistent-volume-claim.requests.storage": "1Gi" };
    expect(messages({ node: "n".repeat(52), options })).toEqual({});
    expect(messages({ node: "n".repeat(53), options })).toEqual({
      node: expect.stringContaining("Kubernetes allows 52"),
    });
  });

  it("must be valid Kubernetes names", () => {
    expect(messages({ node: "a.b" })).toEqual({
      node: expect.stringContaining("is not a valid Kubernetes name"),
    });
  });
});

describe("endpoints", () => {
  it.each([
    ["kubernetes://server:6443", "it cannot have a host"],
    ["kubernetes:///x?cluster=y", 'it has no parameter "cluster"'],
    ["kubernetes:///x?kubeconfig=relative", "is not absolute"],
    ["kubernetes://?in-cluster=true&context=one", "excludes kubeconfig and context"],
    ["kubernetes://?context=three", 'There is no context "three"'],
    ["kubernetes://?kubeconfig=/nowhere", "it does not exist"],
    ["tcp://1.2.3.4", "does not begin with kubernetes://"],
  ])("refuses %s", (endpoint, message) => {
    expect(messages({ endpoint })).toEqual({ endpoint: expect.stringContaining(message) });
  });

  it("does not show the content of an invalid kubeconfig", () => {
    const broken = join(folder, "broken");
    writeFileSync(broken, "users: [{token: s3cr3t-token\n  - :");
    const { endpoint } = messages({ endpoint: `kubernetes://?kubeconfig=${broken}` });
    expect(endpoint).toContain("it is not YAML");
    expect(endpoint).not.toContain("s3cr3t");
  });
});

it("checks the daemon's files", () => {
  const daemonFiles = { "../../etc/passwd": Buffer.from("x"), "large.pem": Buffer.alloc(1 << 20) };
  expect(Object.keys(messages({ daemonFiles }))).toEqual(["daemon_files[../../etc/passwd]", "daemon_files"]);
  const toml = (text: string) => check({ daemonFiles: { "buildkitd.toml": Buffer.from(text) } });
  expect(toml("debug = maybe").diagnostics).toMatchObject([{ reason: "DAEMON_CONFIG_INVALID" }]);
  expect(toml('insecure-entitlements = ["network.host"]').config.daemonFlags).toEqual([]);
});
