import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunOptions, run, tail } from "../test/lab/run.js";

/** The resources that a process used. */
export interface ProcessCost {
  /** Wall time in seconds. */
  seconds: number;
  /** User and system time in seconds. */
  cpuSeconds: number;
  /** Largest resident set in bytes. */
  peakBytes: number;
  /** Memory of a host and its plugins that were started for this process alone, in bytes; see {@link ResidentCost}. */
  serverBytes?: number;
}

/** The cost of a call that began at a time of `performance.now()`: its wall time. */
export function costOfCall(begin: number): ProcessCost {
  return { seconds: (performance.now() - begin) / 1000, cpuSeconds: 0, peakBytes: 0 };
}

let measured = 0;

/** Runs a command with GNU time, which adds about a millisecond. Throws with the last lines for another exit code than 0. */
export async function measureProcess(
  command: string,
  args: readonly string[],
  options: RunOptions & { scratch: string },
): Promise<ProcessCost> {
  const { scratch, ...rest } = options;
  const report = join(scratch, `time-${measured++}`);
  const start = performance.now();
  const finished = await run("time", ["-f", "%U %S %M", "-o", report, command, ...args], rest);
  const seconds = (performance.now() - start) / 1000;
  if (finished.code !== 0) {
    const how = finished.signal ?? `exit code ${finished.code}`;
    throw new Error(`${command} ${args.join(" ")}: ${how}\n${tail(finished.stdout + finished.stderr)}`);
  }
  const [user, system, kibibytes] = (await readFile(report, "utf8")).trim().split(" ").map(Number);
  return { seconds, cpuSeconds: user! + system!, peakBytes: kibibytes! * 1024 };
}
