import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chart } from "./chart.js";
import { resultTable } from "./report.js";
import type { Results } from "./results.js";

const docs = join(import.meta.dirname, "../docs");
const page = join(docs, "benchmarks.md");
const section = /(<!-- measured: engine (\d+) -->\n)[\s\S]*?(<!-- \/measured -->)/g;

/** Writes the table and the chart of each engine into docs/benchmarks.md and docs/benchmarks. */
export async function writeDocument(results: Results): Promise<void> {
  await mkdir(join(docs, "benchmarks"), { recursive: true });
  const byMajor = new Map(results.engines.map((report) => [report.engine.split(".")[0], report]));
  for (const [major, { engine, rows }] of byMajor) {
    const title = `Engine ${engine}: wall time, medians`;
    await writeFile(join(docs, "benchmarks", `engine-${major}.svg`), chart(rows, title));
  }
  const text = await readFile(page, "utf8");
  const filled = text.replace(section, (all, start: string, major: string, end: string) => {
    const report = byMajor.get(major);
    if (!report) return all;
    const picture = `![Wall time of both tools for each case](benchmarks/engine-${major}.svg)`;
    return `${start}${describe(results, report.engine)}\n\n${picture}\n\n${resultTable(report.rows)}\n${end}`;
  });
  await writeFile(page, filled);
}

function describe({ machine, node, peer }: Results, engine: string): string {
  const memory = Math.round(machine.memoryBytes / 2 ** 30);
  const version = /v\d[\w.]*/.exec(peer)?.[0] ?? peer;
  const kernel = /^\d+\.\d+/.exec(machine.kernel)?.[0] ?? machine.kernel;
  return `Engine ${engine}, Node.js ${node}, buildx ${version}; ${machine.cpus} cores of ${machine.cpu}, ${memory} GiB, Linux ${kernel}.`;
}
