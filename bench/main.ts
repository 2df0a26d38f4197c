/** `npm run bench`: compares slipway and buildx on real engines. See docs/benchmarks.md. */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type EngineLine, startEngine } from "../test/lab/engine.js";
import { engineApi } from "../test/lab/engine-api.js";
import { goToolchain } from "../test/lab/go-toolchain.js";
import { loadBuilderImage } from "../test/lab/load-builder-image.js";
import { labPath } from "../test/lab/path.js";
import { step } from "../test/lab/progress.js";
import { buildx } from "../test/lab/recipes/buildx.js";
import { must } from "../test/lab/run.js";
import { openBuildx } from "./buildx.js";
import { cases } from "./cases.js";
import { compareResults } from "./compare.js";
import { writeDocument } from "./document.js";
import { type BenchOptions, readOptions } from "./options.js";
import { resultTable } from "./report.js";
import { describeMachine, type EngineReport, type Results, readResults, writeResults } from "./results.js";
import { type Row, runCase } from "./run-case.js";
import { openSlipway } from "./slipway.js";
import type { Tool } from "./tool.js";

async function main(options: BenchOptions): Promise<void> {
  const before = options.compare && (await readResults(options.compare));
  const results = options.from ? await readResults(options.from) : await measureAll(options);
  if (options.json) await writeResults(options.json, results);
  if (options.docs) await writeDocument(results);
  if (before) process.stdout.write(`\n${compareResults(before, results)}\n`);
}

/** Runs the cases on each engine, and prints its table as soon as it is there. */
async function measureAll(options: BenchOptions): Promise<Results> {
  process.env.PATH = await labPath();
  const peer = await buildx();
  const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
  const engines: EngineReport[] = [];
  try {
    for (const line of options.engines) {
      const report = await measureEngine(line, peer, join(folder, String(line)), options);
      engines.push(report);
      process.stdout.write(`\n### Engine ${report.engine}\n\n${resultTable(report.rows)}\n`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const peerVersion = (await must(peer, ["version"])).stdout.trim();
  return { machine: describeMachine(), node: process.version, peer: peerVersion, engines };
}

/** Runs the cases on a new engine, and stops it. */
async function measureEngine(
  line: EngineLine,
  peer: string,
  folder: string,
  { tools: names, only, runs, kept, quick, profile }: BenchOptions,
): Promise<EngineReport> {
  await mkdir(folder);
  const engine = await step(`start engine ${line}`, () => startEngine(line));
  const tools: Tool[] = [];
  try {
    const prune = async () => {
      const env = { ...process.env, DOCKER_HOST: engine.host, DOCKER_CONFIG: join(folder, "prune") };
      await must(peer, ["prune", "--all", "--force"], { env });
      await removeImages(engine.socket);
    };
    const go = await goToolchain();
    for (const name of names) {
      const toolFolder = join(folder, name);
      const nodeOptions = profile ? ["--cpu-prof", `--cpu-prof-dir=${resolve(profile)}`] : [];
      tools.push(
        name === "buildx"
          ? await openBuildx(peer, engine.host, toolFolder)
          : await openSlipway(engine.host, toolFolder, { nodeOptions, kept, go }),
      );
    }
    const rows: Row[] = [];
    const builderImage = await loadBuilderImage(engine);
    // Debian's old runc cannot grant all capabilities of a newer kernel to a builder's container.
    const possible = cases.filter(({ name, builder }) => only.includes(name) && !(builder && line === 20));
    for (const one of possible) {
      const rounds = runs ?? one.rounds[quick ? "quick" : "normal"];
      rows.push(
        ...(await step(`${one.name}, ${rounds} rounds`, () =>
          runCase(one, { tools, rounds, folder, prune, builderImage }),
        )),
      );
    }
    return { engine: engine.version, rows };
  } finally {
    for (const tool of tools) await tool.close();
    await engine.stop();
  }
}

/** Removes the images of the cases. */
async function removeImages(socket: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ reference: ["slipway-bench/*"] }));
  const images = JSON.parse((await engineApi(socket, "GET", `/images/json?filters=${filters}`)).toString());
  for (const { RepoTags } of images as { RepoTags: string[] }[])
    for (const tag of RepoTags) await engineApi(socket, "DELETE", `/images/${tag}?force=true`);
}

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
