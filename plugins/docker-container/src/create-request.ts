import { stat } from "node:fs/promises";
import type { ContainerCreateOptions, HostConfig } from "dockerode";
import type { NodeConfig } from "slipway/driver";
import type { EngineApi } from "../../engine/src/api.js";
import { allGpus, hasGpus } from "./gpu.js";
import { containerLabels } from "./labels.js";
import { configFolder, containerName, stateFolder, volumeName } from "./names.js";
import { parseRestartPolicy } from "./restart-policy.js";

/** The properties of an Engine that determine how a container is created. */
interface EngineInfo {
  CgroupDriver: string;
  SecurityOptions: string[] | null;
  KernelVersion: string;
}

/** Folder in which the Windows Subsystem for Linux keeps the libraries of the GPU. */
const wslLibraries = "/usr/lib/wsl";

/** The request that creates a node's container from an image. */
export async function createRequest(
  engine: EngineApi,
  config: NodeConfig,
  image: string,
): Promise<ContainerCreateOptions> {
  const info = await engine.get<EngineInfo>("/info");
  const { options, daemonFlags, daemonFiles } = config;
  // Before the user's flags, so that the user's flags win.
  const configFlags = daemonFiles["buildkitd.toml"] ? ["--config", `${configFolder}/buildkitd.toml`] : [];
  return {
    name: containerName(config),
    Image: image,
    Cmd: [...configFlags, ...daemonFlags],
    Env: Object.entries(options)
      .filter(([name]) => name.startsWith("env."))
      .map(([name, value]) => `${name.slice("env.".length)}=${value}`),
    Labels: containerLabels(config),
    HostConfig: {
      Privileged: true,
      // Reaps processes that build steps leave behind.
      Init: true,
      RestartPolicy: parseRestartPolicy(options["restart-policy"] ?? "unless-stopped"),
      Mounts: [
        { Type: "volume", Source: volumeName(config), Target: stateFolder },
        ...(await wslMounts(engine, info)),
      ],
      ...limits(options),
      ...(options.network && { NetworkMode: options.network }),
      ...(info.CgroupDriver === "cgroupfs" && { CgroupParent: options["cgroup-parent"] }),
      // A privileged container cannot use a user namespace.
      ...(info.SecurityOptions?.some(isUserns) && { UsernsMode: "host" }),
      ...((await hasGpus(engine, config, image)) && { DeviceRequests: [allGpus] }),
    },
  };
}

function limits(options: Record<string, string>): HostConfig {
  const number = (name: string) => (options[name] ? Number(options[name]) : undefined);
  return {
    Memory: number("memory"),
    MemorySwap: number("memory-swap"),
    CpuQuota: number("cpu-quota"),
    CpuPeriod: number("cpu-period"),
    CpuShares: number("cpu-shares"),
    CpusetCpus: options["cpuset-cpus"],
    CpusetMems: options["cpuset-mems"],
  };
}

/** Options look like "name=userns" or "name=seccomp,profile=default". */
function isUserns(option: string): boolean {
  return option.split(",").includes("name=userns");
}

/** Under WSL a request for GPUs is not enough: BuildKit's device discovery reads these libraries. */
async function wslMounts({ address }: EngineApi, { KernelVersion }: EngineInfo) {
  const isHere = address.target.kind === "unix" && /microsoft/i.test(KernelVersion);
  const isFolder = async () => (await stat(wslLibraries).catch(() => undefined))?.isDirectory();
  if (!isHere || !(await isFolder())) return [];
  return [{ Type: "bind" as const, Source: wslLibraries, Target: wslLibraries, ReadOnly: true }];
}
