import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Manifest, StartedByHost } from "../../plugin-protocol/manifest.js";
import type { Log } from "../base/log.js";
import { PluginOutput } from "./plugin-output.js";

/** A longer first line is no handshake, in bytes. */
const maxLineBytes = 64 << 10;
/** So long the last lines may arrive after the process ended, in milliseconds. */
const lastLinesMs = 500;

/** How a process ended. */
export interface Exit {
  /** Exit code; undefined when a signal ended it or it never ran. */
  code?: number;
  /** The signal that ended it. */
  signal?: string;
  /** How it ended, for people: "it exited with code 3". */
  text: string;
}

/** The process behind a plugin, as far as its connection's owner is concerned. */
export interface SupervisedProcess {
  /** Process id; undefined for one that is not this machine's, or that could not be started. */
  readonly pid: number | undefined;
  /** What it writes. */
  readonly output: PluginOutput;
  /** Resolves once it has ended, or was left; never rejects. */
  readonly exited: Promise<Exit>;
  /** An operator runs it: the host comes and goes, and never tells it to end. */
  readonly isOperated: boolean;
  /** Ends it, or leaves it if an operator runs it. */
  kill(signal: NodeJS.Signals): void;
}

/** The process of a plugin, from its start to its end. Its owner calls {@link PluginChild.kill} on every path. */
export class PluginChild implements SupervisedProcess {
  readonly isOperated = false;
  readonly output: PluginOutput;
  /** Resolves once the process has ended and its last lines were read. Never rejects. */
  readonly exited: Promise<Exit>;
  /** The first line on stdout; rejects when the process ends without one, or writes something too long. */
  readonly firstLine: Promise<string>;
  readonly #child: ChildProcess;

  constructor(manifest: Manifest & StartedByHost, folder: string, env: NodeJS.ProcessEnv, log: Log) {
    this.output = new PluginOutput(manifest.name, log);
    const [program, ...args] = manifest.command;
    // The plugin knows by its stdin that the host lives, so the pipe stays open and nothing is ever written to it.
    this.#child = spawn(program, args, { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin!.on("error", () => {});
    this.output.read(this.#child.stderr!);
    this.exited = this.#watch();
    this.firstLine = this.#readFirstLine();
    // Whoever waits for it hears of it; nobody need wait.
    this.firstLine.catch(() => {});
  }

  /** Process id; undefined when the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async #watch(): Promise<Exit> {
    const child = this.#child;
    const closed = once(child, "close");
    const exit = await new Promise<Exit>((resolve) => {
      child.once("error", (error) => {
        if (child.pid === undefined) resolve({ text: `it could not be started: ${error.message}` });
      });
      child.once("exit", (code, signal) => {
        if (signal) resolve({ signal, text: `it was ended by ${signal}` });
        else resolve({ code: code ?? undefined, text: `it exited with code ${code}` });
      });
    });
    // A process of the plugin's own may hold the other ends of the pipes for ever.
    await Promise.race([closed.catch(() => {}), sleep(lastLinesMs, undefined, { ref: false })]);
    for (const stream of child.stdio) stream?.destroy();
    return exit;
  }

  #readFirstLine(): Promise<string> {
    const stdout = this.#child.stdout!;
    return new Promise((resolve, reject) => {
      let text = Buffer.alloc(0);
      const take = (chunk: Buffer) => {
        text = Buffer.concat([text, chunk]);
        const end = text.indexOf(10);
        if (end < 0 && text.length <= maxLineBytes) return;
        // All that comes later is thrown away, but read: a plugin must never block on it.
        stdout.off("data", take);
        stdout.resume();
        if (end >= 0) resolve(text.toString("utf8", 0, end));
        else reject(new Error(`its first line on stdout is longer than ${maxLineBytes} bytes`));
      };
      stdout.on("data", take);
      stdout.on("error", () => {});
      void this.exited.then(() => reject(new Error("it ended before it wrote a line")));
    });
  }
}
