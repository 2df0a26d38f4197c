import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, onTestFinished } from "vitest";
import { openTarget } from "../../plugins/kubernetes/src/cluster/open.js";
import { exec } from "../../plugins/kubernetes/src/dial/exec.js";
import { driver } from "../../plugins/kubernetes/src/driver.js";
import {
  type NodeConfig,
  NodeConfigSchema,
  NodeState,
  type NodeStatus,
  type Progress,
} from "../../src/driver/index.js";
import { contextOf } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { ask, type ClusterAccess } from "../lab/kubernetes/access.js";
import { programPath } from "../lab/path.js";

export { failure } from "../host/failure.js";

/** Driver options. */
export type Options = Record<string, string>;

/** Who talks to the lab's cluster. */
export type User = "admin" | "stranger" | "tenant";

/** A call that nobody cancels; its steps are kept. */
export function call() {
  const steps: Progress[] = [];
  const progress = (step: Progress) => {
    steps.push(step);
  };
  /** What was told of them, a line each. */
  const told = () => steps.flatMap(({ log }) => (log ? [log.trim()] : []));
  return { signal: new AbortController().signal, credentials: {}, progress, steps, told };
}

/** The endpoint of the lab's cluster. */
export function endpoint(user: User = "admin"): string {
  return `kubernetes://?${new URLSearchParams({ kubeconfig: lab().kubernetes.kubeconfig, context: user })}`;
}

/** The lab's cluster for requests past the driver. */
export function access(user: User = "admin"): ClusterAccess {
  const { server, ca, tokens } = lab().kubernetes;
  return { server, ca, token: tokens[user] };
}

/** One request to the lab's cluster past the driver. */
export async function api<T = Record<string, never>>(
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  return JSON.parse(await ask(access(), method, path, body)) as T;
}

/** A namespace of the running test's own. */
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

/** A node's configuration as a user gives it, with the image that the lab has. */
export function given(init: MessageInitShape<typeof NodeConfigSchema> & { options: Options }): NodeConfig {
  return create(NodeConfigSchema, {
    builder: "kube",
    node: "kube0",
    endpoint: endpoint(),
    ...init,
    options: { image: lab().kubernetes.image, ...init.options },
  });
}

/** The findings of Validate, and the normal form when there is none. */
export async function validate(config: NodeConfig) {
  const { diagnostics = [], config: normal } = await driver.validate(config, {}, call());
  return { findings: diagnostics, config: normal as NodeConfig | undefined };
}

/** A configuration in normal form; what is wrong with it is an error. */
export async function node(
  init: MessageInitShape<typeof NodeConfigSchema> & { options: Options },
): Promise<NodeConfig> {
  const { findings, config } = await validate(given(init));
  if (config) return config;
  throw new Error(findings.map(({ message }) => message).join("; "));
}

/** A node that runs; it is removed with the test's namespace. */
export async function running(init: MessageInitShape<typeof NodeConfigSchema> & { options: Options }) {
  const config = await node(init);
  await driver.bootstrap(config, call());
  return config;
}

/** A namespace that goes with the last test of a file; call it outside of tests, and its result in a hook. */
export function keepNamespace(): () => Promise<string> {
  let name = "";
  afterAll(async () => {
    if (name) await ask(access(), "DELETE", `/api/v1/namespaces/${name}`);
  });
  return async () => {
    name = await makeNamespace();
    return name;
  };
}

/** Name of a pod of a node that runs. */
export async function podOf(config: NodeConfig): Promise<string> {
  const { dynamicNodes = [] } = await driver.inspect(config, call());
  return dynamicNodes.find(({ state }) => state === NodeState.RUNNING)!.name!;
}

/** What a shell command in a pod of a node writes. */
export async function runIn(config: NodeConfig, command: string): Promise<string> {
  const { api } = openTarget(config);
  const shell = ["sh", "-c", command];
  const stream = await exec(api, await podOf(config), "buildkitd", shell, call().signal);
  stream.end();
  return text(stream);
}

/** Creates a builder of the lab's cluster; it goes with its namespace. */
export async function newBuilder(host: TestHost, name: string, options: Options): Promise<void> {
  const node = { endpoint: endpoint(), options: { image: lab().kubernetes.image, ...options } };
  await host.builders.createBuilder({ name, driver: "kubernetes", node });
}

/** A host with the builder "kube" in a namespace of the test's own. */
export async function builderHost(options: Options = {}): Promise<TestHost> {
  const host = await startHost();
  await newBuilder(host, "kube", { namespace: await namespace(), ...options });
  return host;
}

/** How the host sees the first node of "kube". */
export async function statusOf(host: TestHost): Promise<NodeStatus> {
  const { builder } = await host.builders.getBuilder({ name: "kube", inspect: true });
  return builder!.nodes[0]!.status!;
}

/** A context with an image from scratch that has a shell, and further lines of its Dockerfile. */
export async function busyboxImage(...lines: string[]): Promise<string> {
  const folder = await contextOf({
    Dockerfile: ["FROM scratch", "COPY busybox /bin/sh", ...lines, ""].join("\n"),
  });
  await copyFile(programPath("busybox"), join(folder, "busybox"));
  return folder;
}
