import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Manifest, StartedByHost } from "../../plugin-protocol/manifest.js";
import { killOnExit } from "../../util/kill-on-exit.js";
import type { Log } from "../base/log.js";
import { retryRemedy } from "./plugin-errors.js";
import { PluginOutput } from "./plugin-output.js";
import type { Exit, SupervisedProcess } from "./supervised-process.js";

/** Maximum length of the handshake line, in bytes. */
const maxLineBytes = 64 << 10;
/** How long to wait for output after the process has exited, in milliseconds. */
const lastLinesMs = 500;

/** A plugin's process that the host starts. Its owner calls {@link PluginChild.kill} on every path. */
export class PluginChild implements SupervisedProcess {
  readonly isForeign = false;
  readonly afterLoss = retryRemedy;
  readonly output: PluginOutput;
  /** Resolves when the process has exited and its output is read. Never rejects. */
  readonly exited: Promise<Exit>;
  /** The first line on stdout; rejects when the process exits before it, or when the line is too long. */
  readonly firstLine: Promise<string>;
  readonly #child: ChildProcess;

  constructor(manifest: Manifest & StartedByHost, folder: string, env: NodeJS.ProcessEnv, log: Log) {
    this.output = new PluginOutput(manifest.name, log);
    const [program, ...args] = manifest.command;
    // The plugin detects the end of the host by the end of its stdin: keep the pipe open, write nothing.
    this.#child = spawn(program, args, { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
    // A plugin may ignore the end of its host.
    killOnExit(this.#child);
    this.#child.stdin!.on("error", () => {});
    this.output.read(this.#child.stderr!);
    this.exited = this.#watch();
    this.firstLine = this.#readFirstLine();
    // Not every caller awaits it.
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
    // A child of the plugin may keep the pipes open.
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
        // Later output is discarded, but still read: the plugin must not block.
        stdout.off("data", take);
        stdout.resume();
        if (end >= 0) resolve(text.toString("utf8", 0, end));
        else reject(new Error(`its first line on stdout is longer than ${maxLineBytes} bytes`));
      };
      stdout.on("data", take);
      stdout.on("error", () => {});
      void this.exited.then(() => reject(new Error("it exited before it wrote a line")));
    });
  }
}
