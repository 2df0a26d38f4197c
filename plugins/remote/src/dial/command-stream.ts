import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { Code, driverError } from "slipway/driver";
import type { CommandLine } from "./command-line.js";

/** Keeps of a program's messages what a person needs to see why it failed. */
const maxStderrBytes = 4096;
/** A program that is told to end may take so long, in milliseconds. */
const endMs = 2_000;

/** The standard streams of a program as a stream. The program ends with the stream, and the stream with it. */
export class CommandStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #program: string;
  #stderr = "";
  #ended = false;

  constructor(
    [program, ...args]: CommandLine,
    /** What it leads to, for messages. */
    private readonly target: string,
  ) {
    super({ allowHalfOpen: true });
    this.#program = program;
    // In a session of its own it has no terminal to ask on, a Ctrl-C does not reach it, and its helpers end with it.
    const child = spawn(program, args, { stdio: "pipe", detached: true });
    this.#child = child;
    child.stdout.on("data", (chunk) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-maxStderrBytes);
    });
    // Writing to a program that has gone fails; why it has gone is told by its end.
    child.stdin.on("error", () => {});
    child.once("error", (error: NodeJS.ErrnoException) => {
      this.#ended = true;
      this.destroy(error.code === "ENOENT" ? this.#missing() : this.#failed(error.message));
    });
    child.once("close", (code, signal) => {
      this.#ended = true;
      if (code === 0) this.push(null);
      else this.destroy(this.#failed(`${program} ended with ${signal ?? `exit code ${code}`}`));
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#kill();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
    done(error);
  }

  #kill(): void {
    const child = this.#child;
    if (this.#ended || child.pid === undefined) return;
    const group = -child.pid;
    signalGroup(group, "SIGTERM");
    const timer = setTimeout(() => signalGroup(group, "SIGKILL"), endMs);
    child.once("exit", () => clearTimeout(timer));
  }

  #failed(how: string): Error {
    const said = this.#stderr.trim();
    return driverError({
      code: Code.Unavailable,
      reason: "BUILDKIT_COMMAND_FAILED",
      message: `no BuildKit at ${this.target}: ${said ? `${said} (${how})` : how}`,
      remedy:
        `Make \`${this.#child.spawnargs.join(" ")}\` work without a question on the machine of the Slipway host; ` +
        "it needs buildctl on the other side.",
    });
  }

  #missing(): Error {
    return driverError({
      code: Code.FailedPrecondition,
      reason: "BUILDKIT_COMMAND_MISSING",
      message: `no BuildKit at ${this.target}: the program ${this.#program} is not in the PATH of the Slipway host`,
      remedy: `Install ${this.#program} there, or reach buildkitd by tcp:// or unix://.`,
    });
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(group, signal);
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
