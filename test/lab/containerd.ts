import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Daemon, startDaemon } from "./daemon.js";

/**
 * Start a containerd of our own in `folder` and return it with its socket.
 *
 * Left to itself dockerd would use the machine's containerd when one runs, and with it the containers of the
 * machine's own engine. With `cri`, lines of configuration for the service that a kubelet talks to, it has that, too.
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
