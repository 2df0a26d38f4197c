import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { kubeletContainers, removeTraces } from "./kubernetes/traces.js";
import { labProcesses } from "./processes.js";
import { say } from "./progress.js";
import { run } from "./run.js";
import { until } from "./wait.js";

// Sockets live below it and a unix socket's path may have 107 characters, so it is /tmp and not $TMPDIR.
const parent = "/tmp";

// The start time tells a process from a later one with the same pid, so nobody has to guess whether the owner lives.
const stateFolder = join(parent, `slipway-lab.${process.pid}.${startTime(process.pid)}`);

let made = 0;

/** A new folder (mode 0700) for everything one backend keeps; {@link destroyState} is its end. */
export async function makeState(name: string): Promise<string> {
  const folder = join(stateFolder, `${name}-${made++}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Cgroup below which the containers of the backend with this state run. */
export function cgroupOf(folder: string): string {
  return `/${relative(parent, folder).replace("/", ".")}`;
}

/** Note the network bridge that goes when this state goes. */
export async function rememberBridge(folder: string, name: string): Promise<void> {
  await writeFile(join(folder, "bridge"), name);
}

/** End every process of one backend, undo its mounts, bridge and cgroups, and remove its folder. */
export async function destroyState(folder: string): Promise<void> {
  await until(`the processes of ${folder} to end`, async () => {
    const left = await labProcesses(folder);
    for (const pid of left) killIfThere(pid);
    return left.length === 0;
  });
  const mounts = (await readFile("/proc/self/mountinfo", "utf8"))
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point.startsWith(`${folder}/`));
  // Later mounts may lie on top of earlier ones.
  for (const point of mounts.reverse()) await run("umount", ["-l", point]);
  const bridge = await readFile(join(folder, "bridge"), "utf8").catch(() => "");
  if (bridge) await run("ip", ["link", "delete", bridge]);
  if (bridge) await removeTraces(folder, bridge);
  // A kubelet does not let its containers' cgroups be anywhere else.
  for (const id of await kubeletContainers(folder)) await removeCgroups(`/k8s.io/${id}`);
  await removeCgroups(cgroupOf(folder));
  await rm(folder, { recursive: true, force: true });
  // The process's own folder goes with the last of its backends.
  await rmdir(dirname(folder)).catch(() => {});
}

/** Clear away everything that backends of this process still keep. */
export async function destroyAllState(): Promise<void> {
  await destroyStateOf(stateFolder);
}

/** Clear away what processes left that were killed. */
export async function sweepDeadState(): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid, start] = name.match(/^slipway-lab\.(\d+)\.(\d+)$/) ?? [];
    if (!pid || startTime(Number(pid)) === start) continue;
    say(`clear away what a killed process left in ${join(parent, name)}`);
    await destroyStateOf(join(parent, name));
  }
}

async function destroyStateOf(processFolder: string): Promise<void> {
  for (const name of await readdir(processFolder).catch(() => []))
    await destroyState(join(processFolder, name));
  await rm(processFolder, { recursive: true, force: true });
}

/** Remove a cgroup that no process is in any more, from the one hierarchy of version 2 or from each of version 1. */
async function removeCgroups(name: string): Promise<void> {
  const root = "/sys/fs/cgroup";
  for (const hierarchy of ["", ...(await readdir(root))]) await removeCgroup(join(root, hierarchy, name));
}

async function removeCgroup(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return;
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(folder, entry.name));
  // A runtime that is ending removes its own at the same time.
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Start time of a process in clock ticks since boot (field 22 of proc(5)'s stat), "" when there is none. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
