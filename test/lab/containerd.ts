import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Daemon, startDaemon } from "./daemon.js";

/**
 * Start a containerd in `folder` and return it with its socket.
 *
 * Otherwise dockerd would use the containerd of the machine if one runs, and would share it with the machine's engine.
 * `cri` has configuration lines for the CRI service, which a kubelet uses; without it the service is disabled.
 */
export async function startContainerd(
  folder: string,
  env: Record<string, string> = {},
  cri?: readonly string[],
): Promise<Daemon & { socket: string }> {
  const socket = join(folder, "c.sock");
  const config = join(folder, "containerd.toml");
  await writeFile(
    config,
    [
      "version = 2",
      `root = ${JSON.stringify(join(folder, "c-root"))}`,
      `state = ${JSON.stringify(join(folder, "c-state"))}`,
      ...(cri ? [] : ['disabled_plugins = ["io.containerd.grpc.v1.cri"]']),
      "[grpc]",
      `address = ${JSON.stringify(socket)}`,
      ...(cri ?? []),
      "",
    ].join("\n"),
  );
  const daemon = await startDaemon({
    name: "containerd",
    command: "containerd",
    args: ["--config", config],
    folder,
    env,
    ready: async () => existsSync(socket),
  });
  return { ...daemon, socket };
}
