import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { Code, driverError } from "slipway/driver";
import type { EngineTarget } from "./target.js";

type SshTarget = Extract<EngineTarget, { kind: "ssh" }>;

/** Keeps of ssh's messages what a person needs to see why it failed. */
const maxStderrBytes = 4096;

/** What ssh is started with: the same as the docker CLI does, so ~/.ssh/config and agents apply. */
export function sshArguments({ user, host, port, socket }: SshTarget): string[] {
  return [
    ...(user ? ["-l", user] : []),
    ...(port ? ["-p", String(port)] : []),
    ...["-o", "ConnectTimeout=30", "-T", "--", host],
    "docker",
    ...(socket ? [shellQuoted(`--host=unix://${socket}`)] : []),
    ...["system", "dial-stdio"],
  ];
}

/** Connects to the Engine of another machine through `ssh`. The process ends with the stream, and the stream with it. */
export function connectSsh(target: SshTarget): Duplex {
  // In a session of its own it has no terminal to ask on, and a Ctrl-C does not reach it.
  const child = spawn("ssh", sshArguments(target), { stdio: "pipe", detached: true });
  return new SshStream(child, target);
}

class SshStream extends Duplex {
  #stderr = "";
  #ended = false;

  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    target: SshTarget,
  ) {
    super({ allowHalfOpen: true });
    child.stdout.on("data", (chunk) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-maxStderrBytes);
    });
    // Writing to a process that has gone fails; why it has gone is told by its end.
    child.stdin.on("error", () => {});
    child.once("error", (error) => this.destroy(sshError(target, `ssh cannot be started: ${error.message}`)));
    child.once("close", (code, signal) => {
      this.#ended = true;
      if (code === 0) this.push(null);
      else
        this.destroy(
          sshError(target, this.#stderr.trim() || `ssh ended with ${signal ?? `exit code ${code}`}`),
        );
    });
  }

  /** An agent that reuses a socket calls this; the program keeps the process alive in any case. */
  ref(): this {
    return this;
  }

  override _read(): void {
    this.child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.child.stdin.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#ended) this.child.kill();
    this.child.stdin.destroy();
    this.child.stdout.destroy();
    done(error);
  }
}

function sshError({ host, user }: SshTarget, why: string): Error {
  return driverError({
    code: Code.Unavailable,
    reason: "ENGINE_SSH_FAILED",
    message: `no Docker Engine through ssh to ${user ? `${user}@` : ""}${host}: ${why}`,
    remedy: `Make \`ssh ${user ? `${user}@` : ""}${host} docker version\` work without a password.`,
  });
}

/** The remote side hands the command to a shell. */
function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
