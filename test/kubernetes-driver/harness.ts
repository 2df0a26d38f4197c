import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, onTestFinished } from "vitest";
import { openTarget } from "../../plugins/kubernetes/src/cluster/open.js";
import { exec } from "../../plugins/kubernetes/src/dial/exec.js";
import { driver } from "../../plugins/kubernetes/src/driver.js";
import { type NodeConfig, NodeConfigSchema, NodeState, type Progress } from "../../src/driver/index.js";
import type { NodeCondition } from "../../src/gen/slipway/v1/builder_pb.js";
import { contextOf } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { ask, type ClusterAccess } from "../lab/kubernetes/access.js";
import { programPath } from "../lab/path.js";

export { failure } from "../host/failure.js";

/** Driver options. */
export type Options = Record<string, string>;

/** Users of the lab's cluster. */
export type User = "admin" | "stranger" | "tenant";

/** A call that nobody cancels; it records its steps. */
export function call() {
  const steps: Progress[] = [];
  const progress = async (step: Progress) => {
    steps.push(step);
  };
  /** The log lines of the steps. */
  const logs = () => steps.flatMap(({ log }) => (log ? [log.trim()] : []));
  return { signal: new AbortController().signal, credentials: {}, progress, steps, logs };
}

/** The endpoint of the lab's cluster. */
export function endpoint(user: User = "admin"): string {
  return `kubernetes://?${new URLSearchParams({ kubeconfig: lab().kubernetes.kubeconfig, context: user })}`;
}

/** Access to the lab's cluster for requests without the driver. */
export function access(user: User = "admin"): ClusterAccess {
  const { server, ca, tokens } = lab().kubernetes;
  return { server, ca, token: tokens[user] };
}

/** Sends a request to the lab's cluster without the driver. */
export async function api<T = Record<string, never>>(
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  return JSON.parse(await ask(access(), method, path, body)) as T;
}

/** A namespace for the running test. */
export async function namespace(): Promise<string> {
  const name = await makeNamespace();
  onTestFinished(async () => {
    await ask(access(), "DELETE", `/api/v1/namespaces/${name}`);
  });
  return name;
}

async function makeNamespace(): Promise<string> {
  const name = `test-${Math.random().toString(36).slice(2, 10)}`;
  await api("POST", "/api/v1/namespaces", { metadata: { name } });
  return name;
}

/** A node's configuration as a user gives it, with the lab's image. */
function given(init: MessageInitShape<typeof NodeConfigSchema> & { options: Options }): NodeConfig {
  return create(NodeConfigSchema, {
    builder: "kube",
    node: "kube0",
    endpoint: endpoint(),
    ...init,
    options: { image: lab().kubernetes.image, ...init.options },
  });
}

/** The findings of Validate, and the normal form when the configuration is valid. */
export async function validate(config: NodeConfig) {
  const { diagnostics = [], config: normal } = await driver.validate(config, {}, call());
  return { findings: diagnostics, config: normal as NodeConfig | undefined };
}

/** A configuration in normal form; throws when it is invalid. */
export async function node(
  init: MessageInitShape<typeof NodeConfigSchema> & { options: Options },
): Promise<NodeConfig> {
  const { findings, config } = await validate(given(init));
  if (config) return config;
  throw new Error(findings.map(({ message }) => message).join(" "));
}

/** Boots a node, which is removed with the test's namespace. */
export async function running(init: MessageInitShape<typeof NodeConfigSchema> & { options: Options }) {
  const config = await node(init);
  await driver.bootstrap(config, call());
  return config;
}

/** A namespace that is removed after the last test of a file. Call this outside of tests, and its result in a hook. */
export function sharedNamespace(): () => Promise<string> {
  let name = "";
  afterAll(async () => {
    if (name) await ask(access(), "DELETE", `/api/v1/namespaces/${name}`);
  });
  return async () => {
    name = await makeNamespace();
    return name;
  };
}

/** Name of a running pod of a node. */
export async function podOf(config: NodeConfig): Promise<string> {
  const { dynamicNodes = [] } = await driver.inspect(config, call());
  return dynamicNodes.find(({ state }) => state === NodeState.RUNNING)!.name!;
}

/** The output of a shell command in a node's pod. */
export async function runIn(config: NodeConfig, command: string): Promise<string> {
  const { api } = openTarget(config);
  const shell = ["sh", "-c", command];
  const stream = await exec(api, await podOf(config), "buildkitd", shell, call().signal);
  stream.end();
  return text(stream);
}

/** Creates a builder in the lab's cluster, which is removed with its namespace. */
export async function newBuilder(host: TestHost, name: string, options: Options): Promise<void> {
  const node = { endpoint: endpoint(), options: { image: lab().kubernetes.image, ...options } };
  await host.builders.createBuilder({ name, driver: "kubernetes", node });
}

/** A host with the builder "kube" in a namespace of the test. */
export async function builderHost(options: Options = {}): Promise<TestHost> {
  const host = await startHost();
  await newBuilder(host, "kube", { namespace: await namespace(), ...options });
  return host;
}

/** The host's status of the first node of "kube". */
export async function statusOf(host: TestHost): Promise<NodeCondition> {
  const { builder } = await host.builders.getBuilder({ name: "kube", inspect: true });
  return builder!.nodes[0]!.status!;
}

/** A context whose Dockerfile has a shell from busybox, and then the given lines. */
export async function busyboxImage(...lines: string[]): Promise<string> {
  const folder = await contextOf({
    Dockerfile: ["FROM scratch", "COPY busybox /bin/sh", ...lines, ""].join("\n"),
  });
  await copyFile(programPath("busybox"), join(folder, "busybox"));
  return folder;
}
