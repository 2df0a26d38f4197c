import { stat } from "node:fs/promises";
import type { ContainerCreateOptions, HostConfig } from "dockerode";
import type { NodeConfig } from "slipway/driver";
import type { EngineApi } from "../../engine/src/api.js";
import { allGpus, hasGpus } from "./gpu.js";
import { containerLabels } from "./labels.js";
import { configFolder, containerName, stateFolder, volumeName } from "./names.js";
import { parseRestartPolicy } from "./restart-policy.js";

/** What an Engine says of itself that decides how a container is made. */
interface EngineInfo {
  CgroupDriver: string;
  SecurityOptions: string[] | null;
  KernelVersion: string;
}

/** Where the Windows Subsystem for Linux keeps the libraries of the machine's GPU. */
const wslLibraries = "/usr/lib/wsl";

/** The request that makes a node's container from an image. */
export async function createRequest(
  engine: EngineApi,
  config: NodeConfig,
  image: string,
): Promise<ContainerCreateOptions> {
  const info = await engine.get<EngineInfo>("/info");
  const { options, daemonFlags, daemonFiles } = config;
  // Before the user's flags, so that these win.
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
      // Ends what BuildKit's steps leave behind.
      Init: true,
      RestartPolicy: parseRestartPolicy(options["restart-policy"] ?? "unless-stopped"),
      Mounts: [
        { Type: "volume", Source: volumeName(config), Target: stateFolder },
        ...(await wslMounts(engine, info)),
      ],
      ...limits(options),
      ...(options.network && { NetworkMode: options.network }),
      ...(info.CgroupDriver === "cgroupfs" && { CgroupParent: options["cgroup-parent"] }),
      // Privileges need the real root.
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

/** One such option is "name=userns" or "name=seccomp,profile=default". */
function isUserns(option: string): boolean {
  return option.split(",").includes("name=userns");
}

/** Under WSL a request for GPUs is not enough: what describes them to BuildKit reads these libraries. */
async function wslMounts({ address }: EngineApi, { KernelVersion }: EngineInfo) {
  const isHere = address.target.kind === "unix" && /microsoft/i.test(KernelVersion);
  const isFolder = async () => (await stat(wslLibraries).catch(() => undefined))?.isDirectory();
  if (!isHere || !(await isFolder())) return [];
  return [{ Type: "bind" as const, Source: wslLibraries, Target: wslLibraries, ReadOnly: true }];
}
