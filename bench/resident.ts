import { readdir, readFile, writeFile } from "node:fs/promises";

/** The resources that a running process used in an interval. */
export interface ResidentCost {
  /** User and system time in seconds. */
  cpuSeconds: number;
  /** Largest resident set in bytes: VmHWM of proc(5). */
  peakBytes: number;
  /** Memory at the end in bytes, with its share of what several processes use: Pss of proc(5). */
  pssBytes: number;
}

/** Unit of CPU time in /proc, which is the same on every Linux. */
const ticksPerSecond = 100;

/** Starts to measure a running process. The returned function returns the resources used since. */
export async function watchProcess(pid: number): Promise<() => Promise<ResidentCost>> {
  // 5 resets the peak to the current resident size: proc(5), clear_refs.
  await writeFile(`/proc/${pid}/clear_refs`, "5");
  const before = await cpuSeconds(pid);
  return async () => ({
    cpuSeconds: (await cpuSeconds(pid)) - before,
    peakBytes: await kibibytesIn(`/proc/${pid}/status`, "VmHWM"),
    pssBytes: await kibibytesIn(`/proc/${pid}/smaps_rollup`, "Pss"),
  });
}

/**
 * Memory of processes that run one program, in bytes, as their Pss would be if no other process used its files: what is
 * their own, and what they share once.
 */
export async function memoryOf(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const rollup = `/proc/${pid}/smaps_rollup`;
      const own = await kibibytesIn(rollup, "Anonymous");
      return { own, shared: (await kibibytesIn(rollup, "Rss")) - own };
    }),
  );
  return sizes.reduce((sum, { own }) => sum + own, 0) + Math.max(...sizes.map(({ shared }) => shared));
}

/** Ids of the running child processes of a process. */
export async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
  const parents = await Promise.all(pids.map((pid) => statFields(pid).then((fields) => Number(fields[1]))));
  return pids.filter((_, index) => parents[index] === parent);
}

/** A field of a file in /proc, in bytes. */
async function kibibytesIn(file: string, field: string): Promise<number> {
  const [, kibibytes] = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(await readFile(file, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}

async function cpuSeconds(pid: number): Promise<number> {
  const fields = await statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** The fields of proc(5)'s stat from the third on; empty if the process has exited. */
async function statFields(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
