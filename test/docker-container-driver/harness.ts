import { randomBytes, randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import type { NodeCondition } from "../../src/gen/slipway/v1/builder_pb.js";
import { contextOf, fromPath, watchToEnd } from "../host/build.js";
import type { TestHost } from "../host/host.js";
import { lab, loadBuilderImage, must, run } from "../lab/index.js";
import { baseLayer } from "./base-layer.js";

/** The settings of a new node. */
export interface NodeInit {
  options?: Record<string, string>;
  daemonFlags?: string[];
  daemonFiles?: Record<string, Uint8Array>;
}

/** An engine of the lab, or of a test. */
export interface EngineRef {
  socket: string;
  host: string;
}

/** Runs the docker CLI against an engine and returns what it printed. */
export async function docker(args: string[], engine: EngineRef = lab().engine29): Promise<string> {
  const { stdout } = await must("docker", args, { env: { ...process.env, DOCKER_HOST: engine.host } });
  return stdout.trim();
}

/** The output of `docker inspect` for a builder's container; undefined when it does not exist. */
export async function container(builder: string, engine: EngineRef = lab().engine29) {
  const { stdout } = await run("docker", ["container", "inspect", containerOf(builder)], {
    env: { ...process.env, DOCKER_HOST: engine.host },
  });
  return JSON.parse(stdout)[0];
}

/** Whether a builder's volume exists. */
export async function hasVolume(builder: string, engine: EngineRef = lab().engine29): Promise<boolean> {
  const names = await docker(["volume", "ls", "--quiet"], engine);
  return names.split("\n").includes(`${containerOf(builder)}_state`);
}

/** Name of the container of a builder with one node. */
export function containerOf(builder: string): string {
  return `buildx_buildkit_${builder}0`;
}

/** A unique builder name. Its container and volume are removed when the test ends. */
export function builderName(engine: EngineRef = lab().engine29): string {
  const name = `dc-${randomBytes(4).toString("hex")}`;
  onTestFinished(async () => {
    const env = { ...process.env, DOCKER_HOST: engine.host };
    await run("docker", ["rm", "--force", "--volumes", containerOf(name)], { env });
    await run("docker", ["volume", "rm", "--force", `${containerOf(name)}_state`], { env });
  });
  return name;
}

/** The specification of a node on an engine. */
export async function nodeOn(engine: EngineRef, { options, ...node }: NodeInit = {}) {
  const image = await loadBuilderImage(engine);
  return { ...node, endpoint: engine.host, options: { image, ...options } };
}

/** Creates a builder with one node; returns its name. */
export async function createBuilder(
  host: TestHost,
  node: NodeInit = {},
  { engine = lab().engine29, name = builderName(engine) }: { engine?: EngineRef; name?: string } = {},
): Promise<string> {
  await host.builders.createBuilder({ name, driver: "docker-container", node: await nodeOn(engine, node) });
  return name;
}

/** Boots a builder; returns the names of the steps. */
export async function boot(host: TestHost, name: string): Promise<string[]> {
  const steps = new Set<string>();
  for await (const { event } of host.builders.bootstrapBuilder({ name }))
    if (event.case === "progress") steps.add(event.value.progress!.name);
  return [...steps];
}

/** The status of a builder's only node. */
export async function statusOf(host: TestHost, name: string): Promise<NodeCondition> {
  const { builder } = await host.builders.getBuilder({ name, inspect: true });
  return builder!.nodes[0]!.status!;
}

/** Outputs of a build whose result is discarded. */
export const outputs = [{ type: "cacheonly" }];

/** A context whose Dockerfile runs one command. */
export async function runContext(command = "true"): Promise<string> {
  const folder = await contextOf({ Dockerfile: `FROM scratch\nADD base.tar /\nRUN ${command}\n` });
  await baseLayer(folder);
  return folder;
}

/** A build whose RUN step has started and sleeps. */
export async function sleepingBuild(host: TestHost, builder: string) {
  const spec = { builder, context: fromPath(await runContext("echo started && sleep 300")), outputs };
  const { build } = await host.builds.startBuild({ requestId: randomUUID(), spec });
  const { id } = build!;
  const running = watchToEnd(host, id);
  for await (const { event } of host.builds.watchBuild({ id })) {
    const logs = event?.event.case === "progress" ? event.event.value.logs : [];
    if (logs.some(({ data }) => Buffer.from(data).includes("started"))) break;
  }
  return { id, running };
}

/** The typed error of a promise; undefined when it resolves. */
export function failureOf(work: Promise<unknown>) {
  return work.then(() => undefined, readTypedError);
}
