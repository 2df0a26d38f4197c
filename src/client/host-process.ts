import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, type ConnectError, createClient } from "@connectrpc/connect";
import { readTypedError, typedError } from "../errors/typed-error.js";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.js";
import { formatHostAddress, type HostAddress } from "../host-address/address.js";
import { makePrivateFolder } from "../host-address/address-folder.js";
import { trySocketLock } from "../host-address/host-process-lock.js";
import { checkSocketPathLength } from "../host-address/socket-length.js";
import { connectHost, type HostConnection } from "./connect.js";
import { openStartOutput, type StartOutput } from "./start-output.js";

/** How to start a host. */
export interface HostCommand {
  command: string;
  args: readonly string[];
  /** Its environment. Default: that of this process. */
  env?: NodeJS.ProcessEnv;
}

/** Options of {@link ensureHost}. */
export interface EnsureHostOptions {
  address: HostAddress;
  /** Command that starts a host on `address`, or what finds it when none is running. */
  spawn: HostCommand | (() => HostCommand);
  /** Time limit in milliseconds for the host to start. Default: 15 s. */
  timeoutMs?: number;
}

/** What the lock of a start adds to the path of the socket. */
const startLock = ".start";

/** Interval between checks whether the host has started, in milliseconds. */
const pollMs = 15;

/**
 * Connects to the host on a unix socket, and starts one if none is running. The host gets its own session, so that it
 * outlives this process and its terminal. Of several concurrent callers, one starts the host and the others wait. A host
 * on TCP is never started.
 *
 * Throws UNAVAILABLE, reason HOST_START_FAILED, with the last lines of its output, if the host exits or does not start in
 * time. The host is killed in that case.
 */
export async function ensureHost(options: EnsureHostOptions): Promise<HostConnection & { started: boolean }> {
  const { address, spawn: command, timeoutMs = 15_000 } = options;
  if (address.kind !== "unix") return { ...(await connectHost(address)), started: false };
  const running = await connectIfRunning(address);
  if (running) return { ...running, started: false };

  const found = typeof command === "function" ? command() : command;
  checkSocketPathLength(address.path, startLock);
  await makePrivateFolder(dirname(address.path));
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const attempt = await trySocketLock(address.path + startLock);
    try {
      const meanwhile = await connectIfServing(address);
      if (meanwhile) return { ...meanwhile, started: false };
      if (attempt.state === "held") return { ...(await startHost(address, found, deadline)), started: true };
      if (performance.now() > deadline)
        throw startFailed(address, "another process is starting it and has not finished in time");
      await attempt.released(pollMs);
    } finally {
      if (attempt.state === "held") await attempt.release();
      else attempt.forget();
    }
  }
}

/** Connects; undefined if no host listens on the unix socket. */
async function connectIfRunning(address: HostAddress): Promise<HostConnection | undefined> {
  try {
    return await connectHost(address);
  } catch (error) {
    if (readTypedError(error).reason === "HOST_NOT_RUNNING") return undefined;
    throw error;
  }
}

/** Connects to a host that reports that it is serving; undefined if there is none. */
async function connectIfServing(address: HostAddress): Promise<HostConnection | undefined> {
  const connection = await connectIfRunning(address);
  if (!connection) return undefined;
  try {
    const { status } = await createClient(Health, connection.transport).check({}, { timeoutMs: 2000 });
    if (status === Status.SERVING) return connection;
  } catch (error) {
    // The host has ended, or is not ready. The caller tries again.
    const { code } = readTypedError(error);
    if (code !== Code.Unavailable && code !== Code.DeadlineExceeded) throw error;
  }
  connection.close();
  return undefined;
}

async function startHost(
  address: HostAddress,
  command: HostCommand,
  deadline: number,
): Promise<HostConnection> {
  const output = await openStartOutput();
  try {
    const child = await spawnHost(command, output, address);
    const connection = await untilServing(address, child, deadline).catch(async (error) => {
      await kill(child);
      throw error;
    });
    if (connection) return connection;
    const end = child.signalCode ? `was killed by ${child.signalCode}` : `exited with code ${child.exitCode}`;
    const late = child.exitCode === null && child.signalCode === null;
    await kill(child);
    throw startFailed(address, late ? "it did not start in time" : `it ${end}`, await output.lines());
  } finally {
    await output.close();
  }
}

async function spawnHost(
  { command, args, env }: HostCommand,
  output: StartOutput,
  address: HostAddress,
): Promise<ChildProcess> {
  // Working directory /, so that it keeps no other folder busy; its own session, so that no terminal's signals reach it.
  const child = spawn(command, args, {
    cwd: "/",
    detached: true,
    env,
    stdio: ["ignore", output.fd, output.fd],
  });
  try {
    await once(child, "spawn");
  } catch (error) {
    throw startFailed(address, `${command} cannot be run: ${(error as Error).message}`);
  }
  child.on("error", () => {});
  child.unref();
  return child;
}

/** The connection when the host is serving; undefined when it has exited, or when the time limit is reached. */
async function untilServing(
  address: HostAddress,
  child: ChildProcess,
  deadline: number,
): Promise<HostConnection | undefined> {
  while (performance.now() < deadline) {
    // Read first: a host that lost the race against another one exits before the other is serving.
    const ended = child.exitCode !== null || child.signalCode !== null;
    const connection = await connectIfServing(address);
    if (connection || ended) return connection;
    await sleep(pollMs);
  }
  return undefined;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 2000);
  await ended;
  clearTimeout(timer);
}

function startFailed(address: HostAddress, why: string, tail: readonly string[] = []): ConnectError {
  const lines = tail.length > 0 ? `; its output ends:\n${tail.map((line) => `  ${line}`).join("\n")}` : ".";
  return typedError({
    code: Code.Unavailable,
    reason: "HOST_START_FAILED",
    message: `The host for ${formatHostAddress(address)} could not be started: ${why}${lines}`,
    remedy: "Run `slipway serve`.",
    metadata: { address: formatHostAddress(address) },
  });
}
