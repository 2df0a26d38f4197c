/** `npm run bench:crowd [BUILDS,…]`: many builds at once on one host. See docs/benchmarks.md. */

import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type Slipway } from "../src/client/index.js";
import { startEngine } from "../test/lab/engine.js";
import { labPath } from "../test/lab/path.js";
import { step } from "../test/lab/progress.js";
import { ended } from "../test/lab/run.js";
import { makeSmallContext } from "./contexts.js";
import type { ClientTimes } from "./crowd-clients.js";
import { markdownTable } from "./report.js";
import { openSlipway } from "./slipway.js";
import { formatSeconds, formatSize, median } from "./statistics.js";
import { type Sample, takeSample } from "./tool.js";

/** Interval between two calls of ListBuilds, in milliseconds. */
const listEveryMs = 50;

const crowds = (process.argv[2] ?? "1,100,1000").split(",").map(Number);

process.env.PATH = await labPath();
const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
const engine = await step("start engine 29", () => startEngine(29));
const host = join(folder, "host");
const tool = await openSlipway(engine.host, host, {
  limits: ["builds=2000", "principal-builds=2000", "queued-builds=2000"],
});
const env = { SLIPWAY_HOST: `unix://${join(host, "slipway.sock")}`, DOCKER_HOST: engine.host };
const api = await connect({ env, start: false });
try {
  const context = join(folder, "context");
  await makeSmallContext(context);
  await tool.build(context, {});
  const rows: string[][] = [];
  for (const builds of crowds)
    rows.push(await step(`${builds} builds at once`, () => measure(context, builds)));
  const head = [
    "builds at once",
    "wall",
    "accepted, median",
    "p99",
    "started, median",
    "ListBuilds, median",
    "p99",
    "CPU of host and plugins for a build",
    "peak host",
  ];
  process.stdout.write(`\n${markdownTable(head, rows)}\n`);
} finally {
  api.close();
  await tool.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Starts no-op builds at once, and lists builds until the last one has ended. */
async function measure(context: string, builds: number): Promise<string[]> {
  const over = new AbortController();
  const lists = listBuilds(api, over.signal);
  let clients: ClientTimes[] = [];
  const crowd = async () => {
    const begin = performance.now();
    clients = await runClients(context, builds);
    return { seconds: (performance.now() - begin) / 1000, cpuSeconds: 0, peakBytes: 0 };
  };
  let sample: Sample;
  try {
    sample = await takeSample(tool, [crowd]);
  } finally {
    over.abort();
  }
  const accepted = clients.map((times) => times.accepted);
  const started = clients.map((times) => times.started);
  const times = await lists;
  return [
    String(builds),
    formatSeconds(sample.seconds),
    ...[median(accepted), percentile99(accepted), median(started), median(times), percentile99(times)].map(
      formatSeconds,
    ),
    `${((sample.cpuSeconds / builds) * 1000).toFixed(0)} ms`,
    formatSize(sample.hostBytes ?? Number.NaN),
  ];
}

/** Runs the clients in another process, so that their work does not delay the calls of this one. */
async function runClients(context: string, builds: number): Promise<ClientTimes[]> {
  const clients = fork(join(import.meta.dirname, "crowd-clients.ts"), [context, String(builds)], {
    env: { ...process.env, ...env },
  });
  let times: ClientTimes[] | undefined;
  clients.on("message", (message) => {
    times = message as ClientTimes[];
  });
  await ended(clients);
  if (!times) throw new Error(`The clients exited with code ${clients.exitCode}.`);
  return times;
}

/** Calls ListBuilds at an interval. Returns how long the calls took, in seconds. */
async function listBuilds(slipway: Slipway, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  while (!signal.aborted) {
    const begin = performance.now();
    await slipway.builds.listBuilds({ pageSize: 50 });
    times.push((performance.now() - begin) / 1000);
    await sleep(listEveryMs);
  }
  return times;
}

function percentile99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN;
}
