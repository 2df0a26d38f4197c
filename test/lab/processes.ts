import { readdirSync, readFileSync, readlinkSync } from "node:fs";

// Files in /proc are read synchronously: each test looks through all processes several times, and the promises of
// hundreds of small reads would take most of the time.

/** Environment variable that marks a lab's daemons and, by inheritance, their shims; its value is the backend's state folder. */
export const stateVariable = "SLIPWAY_LAB_STATE";

/** Pids of every running process whose backend keeps its state in or below `folder`: daemons, shims and processes in containers. */
export async function labProcesses(folder: string): Promise<number[]> {
  const ours = readlinkSync("/proc/self/ns/mnt");
  return allPids().filter((pid) => {
    if (pid === process.pid) return false;
    const environ = proc(pid, "environ").split("\0");
    return (
      environ.some((entry) => `${entry}/`.startsWith(`${stateVariable}=${folder}/`)) ||
      rootLiesIn(pid, folder, ours)
    );
  });
}

/** Pids of the processes, except this one, whose command line contains all words. */
export async function pidsOf(...words: string[]): Promise<number[]> {
  return allPids().filter((pid) => {
    const line = proc(pid, "cmdline").replaceAll("\0", " ");
    return pid !== process.pid && words.every((word) => line.includes(word));
  });
}

/** Whether a process is in a container whose root file system is in `folder`. */
function rootLiesIn(pid: number, folder: string, ours: string): boolean {
  const theirs = ifThere(() => readlinkSync(`/proc/${pid}/ns/mnt`)) ?? ours;
  if (theirs === ours) return false;
  const mounts = proc(pid, "mountinfo").split("\n");
  return mounts.some((line) => line.split(" ")[4] === "/" && line.includes(`${folder}/`));
}

function allPids(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

// "" if the process has ended in the meantime.
const proc = (pid: number, file: string) => ifThere(() => readFileSync(`/proc/${pid}/${file}`, "utf8")) ?? "";

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
