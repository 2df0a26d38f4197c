import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { kubeletContainers, removeTraces } from "./kubernetes/traces.js";
import { labProcesses } from "./processes.js";
import { say } from "./progress.js";
import { run } from "./run.js";
import { until } from "./wait.js";

// /tmp instead of $TMPDIR, since the path of a unix socket may have at most 107 characters.
const parent = "/tmp";

// The start time distinguishes the owner from a later process with the same pid.
const stateFolder = join(parent, `slipway-lab.${process.pid}.${startTime(process.pid)}`);

let made = 0;

/** A new folder (mode 0700) for all state of one backend. {@link destroyState} removes it. */
export async function makeState(name: string): Promise<string> {
  const folder = join(stateFolder, `${name}-${made++}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Parent cgroup of the containers of the backend with this state folder. */
export function cgroupOf(folder: string): string {
  return `/${relative(parent, folder).replace("/", ".")}`;
}

/** Record the network bridge that is removed with this state. */
export async function rememberBridge(folder: string, name: string): Promise<void> {
  await writeFile(join(folder, "bridge"), name);
}

/** Kill every process of one backend and remove its mounts, bridge, cgroups and folder. */
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
  // Later mounts may cover earlier ones, so unmount in reverse order.
  for (const point of mounts.reverse()) await run("umount", ["-l", point]);
  const bridge = await readFile(join(folder, "bridge"), "utf8").catch(() => "");
  if (bridge) await run("ip", ["link", "delete", bridge]);
  if (bridge) await removeTraces(folder, bridge);
  // The parent cgroup of a kubelet's containers is fixed.
  for (const id of await kubeletContainers(folder)) await removeCgroups(`/k8s.io/${id}`);
  await removeCgroups(cgroupOf(folder));
  await rm(folder, { recursive: true, force: true });
  // The folder of this process is removed with its last backend.
  await rmdir(dirname(folder)).catch(() => {});
}

/** Remove the state of all backends of this process. */
export async function destroyAllState(): Promise<void> {
  await destroyStateOf(stateFolder);
}

/** Remove the state of processes that were killed. */
export async function sweepDeadState(): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid, start] = name.match(/^slipway-lab\.(\d+)\.(\d+)$/) ?? [];
    if (!pid || startTime(Number(pid)) === start) continue;
    say(`remove the state of a killed process: ${join(parent, name)}`);
    await destroyStateOf(join(parent, name));
  }
}

async function destroyStateOf(processFolder: string): Promise<void> {
  for (const name of await readdir(processFolder).catch(() => []))
    await destroyState(join(processFolder, name));
  await rm(processFolder, { recursive: true, force: true });
}

/** Remove a cgroup without processes from the hierarchy of version 2, or from each hierarchy of version 1. */
async function removeCgroups(name: string): Promise<void> {
  const root = "/sys/fs/cgroup";
  for (const hierarchy of ["", ...(await readdir(root))]) await removeCgroup(join(root, hierarchy, name));
}

async function removeCgroup(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return;
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(folder, entry.name));
  // A runtime that is ending may remove its cgroup at the same time.
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

/** Start time of a process in clock ticks since boot (field 22 of proc(5)'s stat), "" if there is no such process. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
