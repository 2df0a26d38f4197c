import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { lab, must, tempDir } from "../lab/index.js";
import { builderImage, builderImageName } from "../lab/recipes/builder-image.js";
import { runc } from "../lab/recipes/runc.js";

/** A container with BuildKit, removed when the test ends. */
export interface Container {
  /** The environment with which its engine's CLI finds it. */
  env: Record<string, string>;
  /** Runs that CLI. */
  run(...args: string[]): Promise<string>;
}

/** Starts a container in the lab's engine 29. */
export function startInDocker(name: string): Promise<Container> {
  return start("docker", { DOCKER_HOST: lab().engine29.host }, name);
}

/** Starts a container in podman, which keeps its data in a temporary folder. */
export async function startInPodman(name: string): Promise<Container> {
  const folder = await tempDir();
  const file = async (filename: string, ...lines: string[]) => {
    await writeFile(join(folder, filename), lines.join("\n"));
    return join(folder, filename);
  };
  const path = (below: string) => JSON.stringify(join(folder, below));
  const storage = await file(
    "storage.conf",
    ...["[storage]", 'driver = "overlay"', `graphroot = ${path("root")}`, `runroot = ${path("run")}`],
  );
  const containers = await file(
    "containers.conf",
    ...["[engine]", 'cgroup_manager = "cgroupfs"', 'events_logger = "none"', `tmp_dir = ${path("tmp")}`],
    ...['runtime = "lab"', "[engine.runtimes]", `lab = [${JSON.stringify(join(await runc(), "runc"))}]`],
    // Podman's default limits are higher than this process may set.
    ...["[containers]", 'default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]'],
  );
  return start("podman", { CONTAINERS_STORAGE_CONF: storage, CONTAINERS_CONF: containers }, name);
}

async function start(program: string, env: Record<string, string>, name: string): Promise<Container> {
  const run = async (...args: string[]) =>
    (await must(program, args, { env: { ...process.env, ...env } })).stdout.trim();
  await run("load", "--input", await builderImage());
  onTestFinished(async () => void (await run("rm", "--force", "--volumes", name)));
  await run("run", "--detach", "--name", name, "--privileged", "--network", "host", builderImageName);
  return { env, run };
}
