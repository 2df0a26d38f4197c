import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { settlesWithin } from "../../util/settles-within.js";
import { withPeriod } from "../../util/with-period.js";
import { Violation } from "../report/violation.js";
import { type Answer, AnswerReader, type Task } from "./contract.js";

/** How long a client may take for a task, in milliseconds: enough for all repeats after a host went away. */
const taskMs = 90_000;
/** How long a client may take to print an event that it received, in milliseconds. */
const printMs = 10_000;
/** Most output that is kept, in characters. */
const maxOutputLength = 1 << 20;

/** The command of a client under test. */
export interface ClientCommand {
  /** Program and arguments. */
  command: readonly [program: string, ...args: string[]];
  /** Working directory. */
  cwd: string;
}

/** A process of the client under test, which has one task. The owner calls {@link ClientProcess.end}. */
export class ClientProcess {
  stderr = "";
  readonly #reader = new AnswerReader();
  /** Why what it printed breaks the contract. */
  #fault: string | undefined;
  readonly #child: ChildProcess;
  /** Resolves when the process has ended; a clause after "The client", or empty when it exited with code 0. */
  readonly #ended: Promise<string>;

  constructor({ command: [program, ...args], cwd }: ClientCommand, task: Task, env: NodeJS.ProcessEnv) {
    const child = spawn(program, args, { cwd, env });
    this.#child = child;
    createInterface(child.stdout).on("line", (line) => this.#read(line));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-maxOutputLength);
    });
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(`could not be run: ${error.message}`));
      child.once("close", (code, signal) =>
        resolve(signal ? `was killed by ${signal}` : code === 0 ? "" : `exited with code ${code}`),
      );
    });
    // A client may end before it reads its task.
    child.stdin.on("error", () => {});
    child.stdin.end(`${JSON.stringify(task)}\n`);
  }

  #read(line: string): void {
    try {
      if (this.#fault === undefined && line) this.#reader.add(line);
    } catch (cause) {
      this.#fault = (cause as Error).message;
    }
  }

  /** Waits until the client has printed the event with a sequence number. */
  async printed(sequence: number): Promise<void> {
    const limit = performance.now() + printMs;
    while (this.#reader.lastSequence < sequence && performance.now() < limit) await sleep(5);
  }

  /** What the client reported when it has ended. Rejects with a {@link Violation} if that breaks the contract. */
  async answer(): Promise<Answer> {
    if (!(await settlesWithin(taskMs, this.#ended)))
      throw new Violation(`The client did not end within ${taskMs / 1000} s.`);
    const how = await this.#ended;
    if (how) throw new Violation(withPeriod(`The client ${how}`));
    try {
      if (this.#fault !== undefined) throw new Error(this.#fault);
      return this.#reader.answer();
    } catch (cause) {
      const what = `What the client printed breaks the kit's contract: ${(cause as Error).message}`;
      throw new Violation(withPeriod(what));
    }
  }

  /** Kills the process if it still runs. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
