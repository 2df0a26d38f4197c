/** `npm run bench:kubernetes [ROUNDS]`: compares slipway and buildx on a real cluster. See docs/benchmarks.md. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startKubernetes } from "../test/lab/kubernetes/cluster.js";
import { labPath } from "../test/lab/path.js";
import { step } from "../test/lab/progress.js";
import { buildx } from "../test/lab/recipes/buildx.js";
import { openBuildx } from "./buildx.js";
import { makeLargeFile } from "./contexts.js";
import { resultTable } from "./report.js";
import type { Row } from "./run-case.js";
import { openSlipway } from "./slipway.js";
import { type Tool, takeSample } from "./tool.js";

const rounds = Number(process.argv[2] ?? 3);

process.env.PATH = await labPath();
const peer = await buildx();
const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
const cluster = await step("start a cluster", () => startKubernetes());
const tools: Tool[] = [];
try {
  const options = { driver: "kubernetes", variables: { KUBECONFIG: cluster.kubeconfig } };
  const noEngine = "unix:///nowhere/docker.sock";
  tools.push(
    await openBuildx(peer, noEngine, join(folder, "buildx"), options),
    await openSlipway(noEngine, join(folder, "slipway"), options),
  );
  const titles = ["create and bootstrap", "512 MiB file through exec, first", "512 MiB file, unchanged"];
  const rows = titles.map((title): Row => ({ title, samples: { buildx: [], slipway: [] } }));
  for (let round = 0; round < rounds; round++)
    for (const tool of round % 2 === 0 ? tools : tools.toReversed()) {
      const samples = await step(`round ${round + 1} of ${tool.name}`, () => measure(tool, round));
      for (const [index, sample] of samples.entries()) rows[index]!.samples[tool.name].push(sample);
    }
  process.stdout.write(`\n${resultTable(rows)}\n`);
} finally {
  for (const tool of tools) await tool.close();
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Boots a builder, and builds a large new context twice. */
async function measure(tool: Tool, round: number) {
  const builder = `bench-${tool.name}`;
  const context = join(folder, `context-${tool.name}-${round}`);
  await mkdir(context);
  await makeLargeFile(context);
  // Pods do not have the base image of the engines.
  const dockerfile =
    "FROM scratch AS all\nCOPY . /context\nFROM scratch\nCOPY --from=all /context/mark /mark\n";
  await writeFile(join(context, "Dockerfile"), dockerfile);
  const samples = [
    await takeSample(tool, [() => tool.boot(builder, cluster.image)]),
    await takeSample(tool, [() => tool.build(context, { builder })]),
    await takeSample(tool, [() => tool.build(context, { builder })]),
  ];
  await tool.remove(builder);
  await rm(context, { recursive: true });
  return samples;
}
