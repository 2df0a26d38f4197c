import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { parseReattach, type Reattach } from "../../src/plugin-protocol/reattach.js";
import { pauseProcess, until } from "../lab/index.js";

/** A plugin that its author runs, as in a debugger. */
export interface HandRun {
  process: ChildProcess;
  /** What it printed for programs, and the same as read. */
  line: string;
  reattach: Reattach;
  /** Resolves when it has told its author the command that attaches it. */
  invited(): Promise<void>;
  /** Stops it as a breakpoint does; resolves when it has stopped. */
  pause(): Promise<void>;
  /** Continues it. */
  resume(): void;
  /** Ends it by a signal; resolves with its exit code, or null, when its pipes are closed. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Runs a plugin by hand; it ends with the test. */
export async function runByHand(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<HandRun> {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    cwd,
    env: { ...process.env, SLIPWAY_PLUGIN_DEBUG: "1", ...env },
  });
  const closed = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await closed;
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = closed.then(([code]) => Promise.reject(new Error(`it ended with ${code}: ${stderr}`)));
  ended.catch(() => {});
  const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), ended])) as [string];
  return {
    process: child,
    line,
    reattach: parseReattach(line),
    async invited() {
      const command = `\n\n  slipway plugins attach '${line}'\n`;
      await until("the command for the author", async () => stderr.includes(command));
    },
    pause: () => pauseProcess(child.pid!),
    resume: () => void child.kill("SIGCONT"),
    async end(signal) {
      child.kill(signal);
      const [code] = await closed;
      return code as number | null;
    },
  };
}
