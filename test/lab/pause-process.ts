import { readdir, readFile } from "node:fs/promises";
import { until } from "./wait.js";

/**
 * Stops a process by SIGSTOP, and returns when every thread of it has stopped: the signal only asks, and on a busy
 * machine a thread that runs can still answer a call after `kill` has returned.
 */
export async function pauseProcess(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  const folder = `/proc/${pid}/task`;
  await until(`process ${pid} to stop`, async () => {
    const threads = await readdir(folder);
    const states = await Promise.all(threads.map((thread) => threadState(`${folder}/${thread}/stat`)));
    return states.every((state) => state === "T");
  });
}

/** The state letter of a thread: the field after the command's name, which stands in parentheses (proc_pid_stat(5)). */
async function threadState(file: string): Promise<string> {
  const stat = await readFile(file, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
}
