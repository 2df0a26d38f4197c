import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { baseImageName, type LabRecord, must, pidsOf, run, tempDir, until } from "./index.js";
import { ask } from "./kubernetes/access.js";
import { kubeletContainers } from "./kubernetes/traces.js";
import { labProcesses } from "./processes.js";
import type { BackendName } from "./record.js";
import { ended } from "./run.js";
import { sweepDeadState } from "./state.js";

describe.each<[string, (lab: ChildProcess) => unknown]>([
  ["receives SIGTERM", (lab) => lab.kill("SIGTERM")],
  ["reaches the end of its stdin", (lab) => lab.stdin?.end()],
  ["is killed and the next one sweeps", (lab) => lab.kill("SIGKILL")],
])("a lab with busy containers that %s", (_, end) => {
  test("leaves nothing behind", async () => {
    const folder = await tempDir();
    const lab = await startLab(join(folder, "lab.json"), ["engine20", "registry", "buildkitd"]);
    const state = dirname(dirname(lab.record.engine20!.socket));
    const bridge = await readFile(join(dirname(lab.record.engine20!.socket), "bridge"), "utf8");
    // A word in the command line by which the containers' processes are found, whatever their parent process is.
    const word = `36${process.pid}`;
    await occupy(lab.record, folder, word);
    expect((await labProcesses(state)).length).toBeGreaterThan(4);
    expect(await traces(state)).not.toEqual({ folder: false, mounts: [], cgroups: [] });

    end(lab.process);
    await ended(lab.process);
    await sweepDeadState();

    expect(await pidsOf("sleep", word)).toEqual([]);
    expect(await labProcesses(state)).toEqual([]);
    expect(await traces(state)).toEqual({ folder: false, mounts: [], cgroups: [] });
    expect(Object.keys(networkInterfaces())).not.toContain(bridge);
  });
});

describe.each<[string, (lab: ChildProcess) => unknown]>([
  ["receives SIGTERM", (lab) => lab.kill("SIGTERM")],
  ["is killed and the next one sweeps", (lab) => lab.kill("SIGKILL")],
])("a cluster with a busy pod that %s", (_, end) => {
  test("leaves nothing behind", async () => {
    const lab = await startLab(join(await tempDir(), "lab.json"), ["kubernetes"]);
    const { logs: folder, server, ca, tokens, image } = lab.record.kubernetes!;
    const bridge = await readFile(join(folder, "bridge"), "utf8");
    const word = `37${process.pid}`;
    const pod = {
      metadata: { name: "busy" },
      spec: { containers: [{ name: "busy", image, command: ["sleep", word] }] },
    };
    await ask({ server, ca, token: tokens.admin }, "POST", "/api/v1/namespaces/default/pods", pod);
    await until("the pod to run", async () => (await pidsOf("sleep", word)).length > 0);
    const containers = await kubeletContainers(folder);
    expect(containers).toHaveLength(2);
    expect(await clusterTraces(folder, bridge, containers)).not.toEqual([]);

    end(lab.process);
    await ended(lab.process);
    await sweepDeadState();

    const state = dirname(folder);
    expect(await pidsOf("sleep", word)).toEqual([]);
    expect(await labProcesses(state)).toEqual([]);
    expect(await traces(state)).toEqual({ folder: false, mounts: [], cgroups: [] });
    expect(await clusterTraces(folder, bridge, containers)).toEqual([]);
  });
});

/** Files and cgroups of a cluster outside of its state folder. */
async function clusterTraces(folder: string, bridge: string, containers: string[]): Promise<string[]> {
  // It fails, and lists the others, when a group of another program ends in the meantime.
  const cgroups = (await run("find", ["/sys/fs/cgroup", "-type", "d"])).stdout.split("\n");
  const links = await readdir("/var/log/containers").catch(() => []);
  const targets = await Promise.all(
    links.map((name) => readlink(`/var/log/containers/${name}`).catch(() => "")),
  );
  return [
    ...Object.keys(networkInterfaces()).filter((name) => name === bridge),
    ...cgroups.filter((name) => containers.some((id) => name.includes(id))),
    ...targets.filter((target) => target.startsWith(folder)),
    ...(await readdir("/var/lib/cni/results").catch(() => [])).filter(
      (name) => name.startsWith(`${bridge}-`) || containers.some((id) => name.includes(id)),
    ),
  ];
}

async function startLab(
  json: string,
  names: BackendName[],
): Promise<{ process: ChildProcess; record: LabRecord }> {
  const up = fileURLToPath(new URL("up.ts", import.meta.url));
  const args = ["--import", "tsx", up, "--tied", "--json", json, ...names];
  const process = spawn(globalThis.process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const read = async () => JSON.parse(await readFile(json, "utf8")) as LabRecord;
  const complete = async () => {
    const record = await read();
    return names.every((name) => record[name]) ? record : undefined;
  };
  return { process, record: await until("the lab to be up", complete, { within: 240_000 }) };
}

/** Start a container in the engine and a build step in buildkitd, each of which would run for an hour. */
async function occupy(record: LabRecord, folder: string, word: string): Promise<void> {
  const { engine20, buildkitd, registry } = record;
  const env = { ...process.env, DOCKER_HOST: engine20!.host };
  await must("docker", ["run", "-d", baseImageName, "sleep", word], { env });
  await writeFile(join(folder, "Dockerfile"), `FROM ${registry!.baseImage}\nRUN sleep ${word}\n`);
  spawn(
    buildkitd!.buildctl,
    [
      ...["--addr", buildkitd!.address, "build", "--frontend", "dockerfile.v0"],
      ...["--local", `context=${folder}`, "--local", `dockerfile=${folder}`],
    ],
    { stdio: "ignore" },
  );
  // Each runs sleep; the build also has the shell that waits for it.
  await until("both to run", async () => (await pidsOf("sleep", word)).length >= 2);
}

/** Mounts and cgroups that a state folder has left. */
async function traces(state: string) {
  const mounts = (await readFile("/proc/self/mountinfo", "utf8"))
    .split("\n")
    .filter((line) => line.includes(state));
  const cgroups: string[] = [];
  for (const hierarchy of ["", ...(await readdir("/sys/fs/cgroup"))]) {
    const names = await readdir(join("/sys/fs/cgroup", hierarchy)).catch(() => []);
    cgroups.push(...names.filter((name) => name.startsWith(basename(state))));
  }
  return { folder: existsSync(state), mounts, cgroups };
}
