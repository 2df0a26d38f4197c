import { readdir, readFile, readlink } from "node:fs/promises";

/** Environment variable that marks a lab's daemons and, by inheritance, their shims; its value is the backend's state folder. */
export const stateVariable = "SLIPWAY_LAB_STATE";

/** Pids of every running process whose backend keeps its state in or below `folder`: daemons, shims and processes in containers. */
export async function labProcesses(folder: string): Promise<number[]> {
  const ours = await readlink("/proc/self/ns/mnt");
  const found: number[] = [];
  for (const pid of await allPids()) {
    if (pid === process.pid) continue;
    const environ = (await proc(pid, "environ")).split("\0");
    if (environ.some((entry) => `${entry}/`.startsWith(`${stateVariable}=${folder}/`))) found.push(pid);
    else if (await rootLiesIn(pid, folder, ours)) found.push(pid);
  }
  return found;
}

/** Pids of the processes, except this one, whose command line contains all words. */
export async function pidsOf(...words: string[]): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await allPids()) {
    const line = (await proc(pid, "cmdline")).replaceAll("\0", " ");
    if (pid !== process.pid && words.every((word) => line.includes(word))) found.push(pid);
  }
  return found;
}

/** Whether a process is in a container whose root file system is in `folder`. */
async function rootLiesIn(pid: number, folder: string, ours: string): Promise<boolean> {
  const theirs = await readlink(`/proc/${pid}/ns/mnt`).catch(() => ours);
  if (theirs === ours) return false;
  const mounts = (await proc(pid, "mountinfo")).split("\n");
  return mounts.some((line) => line.split(" ")[4] === "/" && line.includes(`${folder}/`));
}

async function allPids(): Promise<number[]> {
  return (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
}

// "" if the process has ended in the meantime.
const proc = (pid: number, file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
