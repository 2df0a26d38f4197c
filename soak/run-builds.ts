import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { outputFolder, specOf } from "../fuzz/faults/spec.js";
import { buildOf } from "../fuzz/faults/trial.js";
import { watch } from "../fuzz/faults/watch.js";
import { forEachLimit } from "../src/util/for-each-limit.js";
import type { Backends } from "./backends.js";

/** How many builds to run, and how fast. */
export interface RunOptions {
  builds: number;
  /** The builds begin at equal distances in this time, in milliseconds; later if the machine is too slow. */
  durationMs: number;
  /** How many may run at the same time. */
  lanes: number;
  seed: number;
}

/** How builds may end. */
export const goodEnds: ReadonlySet<string> = new Set(["SUCCEEDED", "CANCELED"]);

/** Runs builds of every kind. Returns how often they ended in each way, and prints the errors of those with a bad end. */
export async function runBuilds(backends: Backends, options: RunOptions): Promise<Record<string, number>> {
  const { builds, durationMs, lanes, seed } = options;
  const ends: Record<string, number> = {};
  const free = Array.from({ length: lanes }, (_, lane) => join(backends.folder, `lane${lane}`));
  for (const folder of free) await mkdir(folder);
  const begin = Date.now();
  await forEachLimit(Array(builds).keys(), lanes, async (index) => {
    const folder = free.pop()!;
    await sleep(Math.max(0, begin + (index * durationMs) / builds - Date.now()));
    const end = await runBuild(backends, folder, seed + index);
    ends[end] = (ends[end] ?? 0) + 1;
    free.push(folder);
  });
  await sleep(Math.max(0, begin + durationMs - Date.now()));
  return ends;
}

async function runBuild({ host, registry }: Backends, folder: string, seed: number): Promise<string> {
  const build = buildOf(seed);
  const place = { folder, registry };
  await rm(outputFolder(place), { recursive: true, force: true });
  await mkdir(outputFolder(place));
  const { builds } = host.clients;
  const builder = build.output === "push-both" ? "both" : build.transport;
  const started = await builds.startBuild({ spec: await specOf(build, place, builder, host.clients) });
  const { id } = started.build!;
  const timer =
    build.cancelMs === undefined
      ? undefined
      : setTimeout(() => void builds.cancelBuild({ id }).catch(() => {}), build.cancelMs);
  try {
    const reason = await watch(host.clients, id);
    const end = reason === "CANCELED" && build.cancelMs === undefined ? "CANCELED BY ITSELF" : reason;
    if (!goodEnds.has(end)) {
      const { build: failed } = await builds.getBuild({ id });
      console.error(`build ${id} of seed ${seed} ended with ${end}: ${failed?.error?.message}`);
    }
    return end;
  } finally {
    clearTimeout(timer);
  }
}
