import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { must } from "./run.js";

/** Starts an SSH agent that holds a key, until the test ends. Returns its socket in the folder. */
export async function startSshAgent(folder: string, key: string): Promise<string> {
  const socket = join(folder, "agent.sock");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void agent.kill());
  await once(agent.stdout, "data");
  await must("ssh-add", [key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  return socket;
}
