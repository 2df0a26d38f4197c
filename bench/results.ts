import { readFile, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import type { Row } from "./run-case.js";

/** The file of `--json`: everything that a run measured. */
export interface Results {
  machine: { cpu?: string; cpus: number; memoryBytes: number; kernel: string };
  /** Version of the Node.js of the host and the CLI. */
  node: string;
  /** Version of buildx. */
  peer: string;
  engines: EngineReport[];
}

/** The results of one engine. */
export interface EngineReport {
  /** Version that the engine reports. */
  engine: string;
  rows: Row[];
}

/** What is known about this machine. */
export function describeMachine(): Results["machine"] {
  const [first] = cpus();
  return { cpu: first?.model, cpus: cpus().length, memoryBytes: totalmem(), kernel: release() };
}

export async function readResults(file: string): Promise<Results> {
  return JSON.parse(await readFile(file, "utf8"));
}

export async function writeResults(file: string, results: Results): Promise<void> {
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
}
