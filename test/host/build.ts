import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { expect } from "vitest";
import type { BuildSpecSchema } from "../../src/gen/slipway/build/v1/build_spec_pb.js";
import { type BuildEvent, type BuildFinished, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { tempDir } from "../lab/index.js";
import type { TestHost } from "./host.js";

/** A build specification. */
export type SpecInit = MessageInitShape<typeof BuildSpecSchema>;

/** The outcome of a build, from its events. */
export interface BuildRun {
  id: string;
  events: BuildEvent[];
  finished: BuildFinished;
  /** Names of the steps. */
  steps: string[];
  /** Output of the steps. */
  output: string;
}

/** Starts a build and watches it until it succeeds or fails. */
export async function runBuild(host: Pick<TestHost, "builds">, spec: SpecInit): Promise<BuildRun> {
  const { build } = await host.builds.startBuild({ requestId: randomUUID(), spec });
  return watchToEnd(host, build!.id);
}

/** Watches a build to its end. */
export async function watchToEnd(host: Pick<TestHost, "builds">, id: string, from = 0n): Promise<BuildRun> {
  const events: BuildEvent[] = [];
  for await (const { event } of host.builds.watchBuild({ id, fromSequence: from })) events.push(event!);
  const last = events.at(-1)?.event;
  if (last?.case !== "finished") throw new Error(`build ${id} ended with ${last?.case}`);
  const progress = events.flatMap(({ event }) => (event.case === "progress" ? [event.value] : []));
  return {
    id,
    events,
    finished: last.value,
    steps: [...new Set(progress.flatMap(({ vertexes }) => vertexes.map(({ name }) => name)))],
    output: progress.flatMap(({ logs }) => logs.map(({ data }) => Buffer.from(data).toString())).join(""),
  };
}

/** Runs a build; throws when it fails. */
export async function mustBuild(host: Pick<TestHost, "builds">, spec: SpecInit): Promise<BuildRun> {
  const run = await runBuild(host, spec);
  if (run.finished.state !== BuildState.SUCCEEDED) {
    throw new Error(`${run.finished.error?.reason}: ${run.finished.error?.message}\n${run.output}`);
  }
  return run;
}

/** Does work, and checks that it starts no build. */
export async function withoutBuilds<T>(host: Pick<TestHost, "builds">, work: () => Promise<T>): Promise<T> {
  const list = async () => (await host.builds.listBuilds({})).builds;
  const before = await list();
  const result = await work();
  expect(await list()).toEqual(before);
  return result;
}

/** Creates a context folder with files; it is removed when the test ends. */
export async function contextOf(files: Record<string, string>): Promise<string> {
  const folder = await tempDir();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

/** The context of a specification: a folder on the host's machine. */
export function fromPath(path: string): SpecInit["context"] {
  return { source: { case: "path", value: path } };
}
