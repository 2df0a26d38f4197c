import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Case } from "./cases.js";
import { type Sample, type Tool, type ToolName, takeSample } from "./tool.js";

/** What was measured for one row of the table. */
export interface Row {
  title: string;
  samples: Record<ToolName, Sample[]>;
}

/** Where a case runs. */
export interface CaseOptions {
  tools: readonly Tool[];
  rounds: number;
  /** Folder for contexts, on a disk with room for 1 GiB. */
  folder: string;
  /** Frees what the engine keeps of the contexts of a round. */
  prune(): Promise<void>;
}

/** Measures a case. The tools take turns, each with a context of its own, and who is first changes with every round. */
export async function runCase(one: Case, { tools, rounds, folder, prune }: CaseOptions): Promise<Row[]> {
  const rows = one.phases.map(({ title }): Row => ({ title, samples: { buildx: [], slipway: [] } }));
  const contexts = new Map<Tool, string>();
  for (let round = 0; round < rounds; round++) {
    if (round === 0 || one.context === "each-round") {
      for (const tool of tools) {
        const context = join(folder, `${one.name}-${round}-${tool.name}`);
        await one.makeContext(context);
        contexts.set(tool, context);
        if (one.context === "once") await tool.build(context, imageOf(one, tool));
      }
    }
    const order = round % 2 === 0 ? tools : tools.toReversed();
    for (const [index, { clients = 1, change }] of one.phases.entries()) {
      for (const tool of order) {
        const context = contexts.get(tool)!;
        await change?.(context);
        const builds = Array.from({ length: clients }, (_, n) => ({ context, image: imageOf(one, tool, n) }));
        rows[index]!.samples[tool.name].push(await takeSample(tool, builds));
      }
    }
    if (one.context === "each-round") {
      for (const context of contexts.values()) await rm(context, { recursive: true });
      await prune();
    }
  }
  return rows;
}

function imageOf(one: Case, tool: Tool, client = 0): string {
  return `slipway-bench/${one.name}:${tool.name}-${client}`;
}
