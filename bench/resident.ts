import { readdir, readFile, writeFile } from "node:fs/promises";

/** What a process that stays used between two looks at it. */
export interface ResidentCost {
  /** User and system time in seconds. */
  cpuSeconds: number;
  /** Largest resident set in bytes: VmHWM of proc(5). */
  peakBytes: number;
}

/** CPU time is counted in these; fixed for programs on every Linux. */
const ticksPerSecond = 100;

/** Starts watching a running process; the function returned tells what it has used since. */
export async function watchProcess(pid: number): Promise<() => Promise<ResidentCost>> {
  // 5 resets the peak to what is resident now: proc(5), clear_refs.
  await writeFile(`/proc/${pid}/clear_refs`, "5");
  const before = await cpuSeconds(pid);
  return async () => ({
    cpuSeconds: (await cpuSeconds(pid)) - before,
    peakBytes: await peakBytes(pid),
  });
}

/** Pids of the processes that a process started and that run. */
export async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
  const parents = await Promise.all(pids.map((pid) => statFields(pid).then((fields) => Number(fields[1]))));
  return pids.filter((_, index) => parents[index] === parent);
}

async function peakBytes(pid: number): Promise<number> {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}

async function cpuSeconds(pid: number): Promise<number> {
  const fields = await statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** The fields of proc(5)'s stat from the third on; none when the process has ended. */
async function statFields(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
