import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { connectHost } from "../src/client/connect.js";
import { BuildService } from "../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../src/gen/slipway/v1/builder_pb.js";
import { DebugService } from "../src/gen/slipway/v1/debug_pb.js";
import { HostService } from "../src/gen/slipway/v1/host_pb.js";
import { PluginService } from "../src/gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../src/gen/slipway/v1/upload_pb.js";
import { incidentsOf } from "../test/host/incidents.js";
import { ended, tail } from "../test/lab/run.js";
import { until } from "../test/lab/wait.js";

const program = join(import.meta.dirname, "host-main.mjs");

/** How long a host may take to stop, in milliseconds; docs/architecture.md: 60 s. */
const stopMs = 65_000;

/** Clients of the services that builds need. */
export type Clients = ReturnType<typeof clientsOf>;

/** A host in a separate process. */
export interface HostProcess {
  pid: number;
  socket: string;
  /** Holds its state, sockets, temporary files and log. */
  folder: string;
  /** Clients on a connection without faults. */
  clients: Clients;
  /** Its exit code or signal; undefined while it runs. */
  exit(): string | undefined;
  /** New log lines about internal faults, since the last call. Each has an incident number. */
  incidents(): Promise<string[]>;
  /** The end of its log. */
  logTail(): Promise<string>;
  /** Stops it. Rejects if it does not stop within {@link stopMs}. */
  stop(): Promise<void>;
  /** Kills it, so that it releases nothing. */
  kill(): Promise<void>;
}

/** Options of {@link startHost}. */
export interface HostProcessOptions {
  env?: NodeJS.ProcessEnv;
  /** Options of its Node.js. */
  nodeOptions?: readonly string[];
  /** Folders that are searched for plugins first. */
  plugins?: readonly string[];
}

/** Starts a host with all its files in `folder`. */
export async function startHost(
  folder: string,
  { env = {}, nodeOptions = [], plugins = [] }: HostProcessOptions = {},
): Promise<HostProcess> {
  const [socket, log, temporary] = ["r/s", "host.log", "tmp"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  const output = await open(log, "a");
  // What an earlier host in the folder wrote is not this one's.
  let { size: seen } = await output.stat();
  const serve = [program, socket, join(folder, "state"), ...plugins];
  // If this process is killed, the kernel ends the host.
  const command = ["--pdeathsig", "KILL", process.execPath, ...nodeOptions, ...serve];
  const child = spawn("setpriv", command, {
    env: { ...process.env, HOME: folder, TMPDIR: temporary, ...env },
    stdio: ["ignore", output.fd, output.fd],
  });
  await output.close();
  const exit = () =>
    child.signalCode ?? (child.exitCode === null ? undefined : `exit code ${child.exitCode}`);
  const logTail = async () => tail(await readFile(log, "utf8"), 40);
  const incidents = async () => {
    // Only what is new: after thousands of builds the log is large.
    const unseen = Buffer.concat(await createReadStream(log, { start: seen }).toArray());
    const end = unseen.lastIndexOf("\n") + 1;
    seen += end;
    return incidentsOf(unseen.subarray(0, end).toString());
  };
  try {
    const connection = await until("the host to answer", () => connectOrThrow(socket, exit), {
      within: 30_000,
    });
    const clients = clientsOf(connection.transport);
    await openBothConnections(clients);
    return {
      pid: child.pid!,
      socket,
      folder,
      clients,
      exit,
      incidents,
      logTail,
      stop: async () => {
        connection.close();
        await end(child);
      },
      kill: async () => {
        child.kill("SIGKILL");
        await ended(child);
        connection.close();
      },
    };
  } catch (cause) {
    child.kill("SIGKILL");
    throw new Error(`The host did not start. The end of its log:\n${await logTail()}`, { cause });
  }
}

export function clientsOf(transport: Transport) {
  return {
    builds: createClient(BuildService, transport),
    builders: createClient(BuilderService, transport),
    debug: createClient(DebugService, transport),
    plugins: createClient(PluginService, transport),
    host: createClient(HostService, transport),
    uploads: createClient(UploadService, transport),
  };
}

/** Calls that stream from the host have a connection of their own, which the first one opens. It is no leak of a build. */
async function openBothConnections({ builds }: Clients): Promise<void> {
  try {
    for await (const _ of builds.watchBuild({ id: randomUUID() }));
  } catch (error) {
    if (ConnectError.from(error).code !== Code.NotFound) throw error;
  }
}

async function connectOrThrow(path: string, exit: () => string | undefined) {
  if (exit()) throw new Error(`It ended with ${exit()}.`);
  return connectHost({ kind: "unix", path });
}

async function end(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  let killed = false;
  const killer = setTimeout(() => {
    killed = child.kill("SIGKILL");
  }, stopMs);
  await ended(child);
  clearTimeout(killer);
  if (killed) throw new Error(`The host did not stop within ${stopMs} ms of SIGTERM.`);
}
