import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stateVariable } from "./processes.js";
import { ended, tail } from "./run.js";
import { until } from "./wait.js";

/** A program to run until it is stopped. */
export interface DaemonOptions {
  name: string;
  command: string;
  args: readonly string[];
  /** State folder of the backend it is part of. Its log is written there as `<name>.log`. */
  folder: string;
  env?: Readonly<Record<string, string>>;
  /** Called repeatedly until it returns true. A throw counts as false. */
  ready(): Promise<boolean>;
  /** Time limit to get ready, in milliseconds. Default 60 000. */
  within?: number;
}

/** A running daemon. */
export interface Daemon {
  readonly pid: number;
  /** Path of the file with its output. */
  readonly log: string;
  /** Send SIGTERM and wait for the exit. After 5 s the daemon is killed, since its state is not kept. */
  stop(): Promise<void>;
  /** Kill it with SIGKILL, as in a crash. */
  kill(): Promise<void>;
}

/** Start a daemon and wait until it is ready. If it fails, kill it and throw with the end of its log. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const log = join(options.folder, `${options.name}.log`);
  const output = await open(log, "a");
  // If this process is killed, the kernel ends the daemon.
  const child = spawn("setpriv", ["--pdeathsig", "TERM", options.command, ...options.args], {
    stdio: ["ignore", output.fd, output.fd],
    env: { ...process.env, ...options.env, [stateVariable]: options.folder },
    cwd: options.folder,
    // Ctrl-C in the terminal must reach only this process, which stops its daemons in order.
    detached: true,
  });
  await once(child, "spawn").finally(() => output.close());

  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    child.kill(signal);
    const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await ended(child);
    clearTimeout(killer);
  };
  const over = new AbortController();
  const died = ended(child).then(() => {
    throw new Error(`${options.name} ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`);
  });
  try {
    const ready = until(`${options.name} to be ready`, options.ready, {
      within: options.within ?? 60_000,
      signal: over.signal,
    });
    await Promise.race([died, ready]);
  } catch (cause) {
    await end("SIGKILL");
    throw new Error(`${options.name} did not start; ${log} ends:\n${tail(await readFile(log, "utf8"))}`, {
      cause,
    });
  } finally {
    over.abort();
  }
  return { pid: child.pid!, log, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}
