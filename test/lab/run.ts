import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { missingProgram } from "./missing-program.js";

/** Result of a finished command. */
export interface Finished {
  /** Exit code, or null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Options of spawn, plus stdin and a timeout. */
export interface RunOptions extends Pick<SpawnOptions, "cwd" | "env" | "signal"> {
  /** Written to stdin, which is then closed. Without it stdin is empty. */
  input?: string | Buffer;
  /** Timeout in milliseconds, after which the command is killed. Default: none. */
  timeout?: number;
}

/** Run a command and return its exit and output. Throws only if the command cannot start. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { input, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...rest, stdio: "pipe", killSignal: "SIGKILL" });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A command that does not read its input closes the pipe; its exit code reports any failure.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", (error) => {
      const remedy = missingProgram(error.message);
      if (remedy) error.message += `\n${remedy}`;
      reject(error);
    });
    child.on("close", (code, signal) =>
      resolve({
        code,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}

/** Like {@link run}, but throws with the end of the output unless the exit code is 0. */
export async function must(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const finished = await run(command, args, options);
  if (finished.code === 0) return finished;
  const how = finished.signal ? `was ended by ${finished.signal}` : `exited with ${finished.code}`;
  throw new Error(`${[command, ...args].join(" ")} ${how}:\n${tail(finished.stdout + finished.stderr)}`);
}

/** The last lines of a text, for messages. */
export function tail(text: string, lines = 30): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}

/** Resolves when the child has ended, immediately if it already has. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}
