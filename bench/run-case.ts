import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Case, Phase } from "./cases.js";
import type { ProcessCost } from "./measure.js";
import { type Sample, type Tool, type ToolName, takeSample } from "./tool.js";

/** The samples of one row of the table. */
export interface Row {
  title: string;
  samples: Record<ToolName, Sample[]>;
}

/** Options of {@link runCase}. */
export interface CaseOptions {
  tools: readonly Tool[];
  rounds: number;
  /** Folder for contexts, on a disk with 1 GiB of free space. */
  folder: string;
  /** Removes the engine's copies of the contexts of a round. */
  prune(): Promise<void>;
  /** Name of a BuildKit image in the engine's store. */
  builderImage: string;
}

/** Measures a case. The tools alternate, each with its own context, and their order changes in each round. */
export async function runCase(one: Case, options: CaseOptions): Promise<Row[]> {
  const { tools, rounds, folder, prune, builderImage } = options;
  const rows = one.phases.map(({ title }): Row => ({ title, samples: { buildx: [], slipway: [] } }));
  const contexts = new Map<Tool, string>();
  for (let round = 0; round < rounds; round++) {
    if (round === 0 || one.context === "each-round") {
      for (const tool of tools) {
        const context = join(folder, `${one.name}-${round}-${tool.name}`);
        await one.makeContext(context);
        contexts.set(tool, context);
        if (one.context === "once") await tool.build(context, { image: imageOf(one, tool) });
        if (one.builder === "booted") await tool.boot(builderOf(one, tool), builderImage);
      }
    }
    const order = round % 2 === 0 ? tools : tools.toReversed();
    for (const [index, phase] of one.phases.entries()) {
      for (const tool of order) {
        const runs = await prepare(one, phase, tool, contexts.get(tool)!, builderImage);
        rows[index]!.samples[tool.name].push(await takeSample(tool, runs));
      }
    }
    if (one.context === "each-round") {
      for (const context of contexts.values()) await rm(context, { recursive: true });
      if (one.builder) for (const tool of tools) await tool.remove(builderOf(one, tool));
      await prune();
    }
  }
  if (one.context === "once" && one.builder)
    for (const tool of tools) await tool.remove(builderOf(one, tool));
  return rows;
}

/** Prepares a measurement. Returns the functions to measure, one for each client. */
async function prepare(
  one: Case,
  { clients = 1, change, measure = (tool, { context, result }) => tool.build(context, result) }: Phase,
  tool: Tool,
  context: string,
  builderImage: string,
): Promise<(() => Promise<ProcessCost>)[]> {
  const builder = one.builder && builderOf(one, tool);
  await change?.(context);
  if (one.builder === "booted") await tool.build(context, { builder });
  return Array.from(
    { length: clients },
    (_, n) => () =>
      measure(tool, { context, result: { image: imageOf(one, tool, n), builder }, builderImage }),
  );
}

function imageOf(one: Case, tool: Tool, client = 0): string {
  return `slipway-bench/${one.name}:${tool.name}-${client}`;
}

function builderOf(one: Case, tool: Tool): string {
  return `bench-${one.name}-${tool.name}`;
}
