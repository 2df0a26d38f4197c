import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Duplex } from "node:stream";

/** The end of stderr is kept, in characters, to explain a failure. */
const maxStderrLength = 4096;
/** Time between SIGTERM and SIGKILL, in milliseconds. */
const endMs = 2_000;

/** How a program failed. */
export interface ProgramFailure {
  /** The command line. */
  command: string;
  /** The end of what it wrote to stderr; may be empty. */
  stderr: string;
  /** A clause that continues "ssh …": "ended with exit code 255". */
  how: string;
  /** The program is not in the PATH. */
  missing: boolean;
}

/** The standard streams of a program as a stream. The program ends with the stream, and the stream with the program. */
export class ProgramStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #stderr = "";
  #ended = false;

  constructor(
    [program, ...args]: readonly [program: string, ...args: string[]],
    /** Makes the stream's error of a failure. */
    private readonly explain: (failure: ProgramFailure) => Error,
    /** The program's environment; by default that of this process. */
    env: NodeJS.ProcessEnv = process.env,
  ) {
    super({ allowHalfOpen: true });
    // In its own session it cannot ask on a terminal, gets no Ctrl-C, and its helpers can be ended with it.
    const child = spawn(program, args, { env, stdio: "pipe", detached: true });
    this.#child = child;
    child.stdout.on("data", (chunk) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-maxStderrLength);
    });
    // Writing to a program that has ended fails; the exit explains it.
    child.stdin.on("error", () => {});
    child.once("error", (error: NodeJS.ErrnoException) =>
      this.#fail(`cannot be started: ${error.message}`, error.code === "ENOENT"),
    );
    child.once("close", (code, signal) => {
      if (code !== 0) return this.#fail(`ended with ${signal ?? `exit code ${code}`}`);
      this.#ended = true;
      this.push(null);
    });
  }

  /** An http.Agent calls this on the connections that it reuses. */
  ref(): this {
    return this;
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

  #fail(how: string, missing = false): void {
    this.#ended = true;
    const command = this.#child.spawnargs.join(" ");
    this.destroy(this.explain({ command, stderr: this.#stderr.trim(), how, missing }));
  }

  #kill(): void {
    const child = this.#child;
    if (this.#ended || child.pid === undefined) return;
    const group = -child.pid;
    signalGroup(group, "SIGTERM");
    const timer = setTimeout(() => signalGroup(group, "SIGKILL"), endMs);
    child.once("exit", () => clearTimeout(timer));
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(group, signal);
  } catch (error) {
    // ESRCH: it has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
