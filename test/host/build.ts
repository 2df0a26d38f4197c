import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type BuildEvent, type BuildFinished, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import type { BuildSpecSchema } from "../../src/gen/slipway/v1/build_spec_pb.js";
import { tempDir } from "../lab/index.js";
import type { TestHost } from "./host.js";

/** A specification as tests write it. */
export type SpecInit = MessageInitShape<typeof BuildSpecSchema>;

/** What a build did, from its events. */
export interface BuildRun {
  id: string;
  events: BuildEvent[];
  finished: BuildFinished;
  /** Names of the steps that were seen. */
  steps: string[];
  /** What the steps wrote. */
  output: string;
}

/** Starts a build and watches it to its end, whatever that is. */
export async function runBuild(host: TestHost, spec: SpecInit): Promise<BuildRun> {
  const { build } = await host.builds.startBuild({ requestId: randomUUID(), spec });
  return watchToEnd(host, build!.id);
}

/** Watches a build to its end. */
export async function watchToEnd(host: TestHost, id: string, from = 0n): Promise<BuildRun> {
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

/** Runs a build that must succeed. */
export async function mustBuild(host: TestHost, spec: SpecInit): Promise<BuildRun> {
  const run = await runBuild(host, spec);
  if (run.finished.state !== BuildState.SUCCEEDED) {
    throw new Error(`${run.finished.error?.reason}: ${run.finished.error?.message}\n${run.output}`);
  }
  return run;
}

/** A folder of files, as a context; removed when the test is over. */
export async function contextOf(files: Record<string, string>): Promise<string> {
  const folder = await tempDir();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

/** A folder of the host's machine as the context of a specification. */
export function fromPath(path: string): SpecInit["context"] {
  return { source: { case: "path", value: path } };
}
