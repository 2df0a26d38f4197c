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
  /** Asked again and again until it returns true; a throw means not yet. */
  ready(): Promise<boolean>;
  /** Milliseconds it may take until it is ready. Default 60 000. */
  within?: number;
}

/** A running daemon. */
export interface Daemon {
  readonly pid: number;
  /** Path of the file with its output. */
  readonly log: string;
  /** Ask it to end (SIGTERM) and wait for that; after 5 s it is killed: nothing it would save is kept. */
  stop(): Promise<void>;
  /** Kill it at once (SIGKILL), as a crash would. */
  kill(): Promise<void>;
}

/** Start a daemon and wait until it is ready; one that does not get ready is killed and the end of its log is told. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const log = join(options.folder, `${options.name}.log`);
  const output = await open(log, "a");
  // The kernel ends the daemon should this process be killed before it could.
  const child = spawn("setpriv", ["--pdeathsig", "TERM", options.command, ...options.args], {
    stdio: ["ignore", output.fd, output.fd],
    env: { ...process.env, ...options.env, [stateVariable]: options.folder },
    cwd: options.folder,
    // A Ctrl-C in the terminal is for the owner, who stops daemons in order.
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
