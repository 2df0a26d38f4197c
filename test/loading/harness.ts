import { randomBytes } from "node:crypto";
import { beforeAll, onTestFinished } from "vitest";
import { contextOf, fromPath, type SpecInit } from "../host/build.js";
import { engineEnvironment, shareHost, startHost, type TestHost } from "../host/host.js";
import { lab, run } from "../lab/index.js";

/** The lab's engines: one with the classic image store, one with containerd's. */
export const engines = ["engine20", "engine29"] as const;
export type EngineName = (typeof engines)[number];

/** Runs the docker CLI on an engine; returns its output, whatever its exit code. */
export async function docker(engine: EngineName, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await run("docker", args, {
    env: { ...process.env, ...engineEnvironment(engine) },
  });
  return `${stdout}${stderr}`.trim();
}

/** A new image name; its images are removed from both engines after the test. */
export function imageName(): string {
  const repository = `slipway.test/loading-${randomBytes(4).toString("hex")}`;
  onTestFinished(async () => {
    for (const engine of engines)
      await docker(engine, "rmi", "--force", `${repository}:1`, `${repository}:2`);
  });
  return `${repository}:1`;
}

/** A host with the builder "far" on the lab's buildkitd, which cannot reach an engine. */
export async function startFar(options: Record<string, string> = {}): Promise<TestHost> {
  const host = await startHost();
  await createFar(host, options);
  return host;
}

/** The same, for all tests of a file. */
export function shareFar(): () => TestHost {
  const host = shareHost();
  beforeAll(() => createFar(host()));
  return host;
}

async function createFar(host: TestHost, options: Record<string, string> = {}): Promise<void> {
  const node = { endpoint: lab().buildkitd.address, options };
  await host.builders.createBuilder({ name: "far", driver: "remote", node });
}

/** A context whose image prints a text. */
export async function printing(text: string): Promise<SpecInit["context"]> {
  const lines = [`FROM ${lab().registry.baseImage}`, `RUN echo ${text} > /text`, 'CMD ["cat", "/text"]'];
  return fromPath(await contextOf({ Dockerfile: `${lines.join("\n")}\n` }));
}
