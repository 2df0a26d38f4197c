import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, inject, onTestFinished } from "vitest";
import { BakeService } from "../../src/gen/slipway/v1/bake_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { BuildPolicyService } from "../../src/gen/slipway/v1/build_policy_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { DebugService } from "../../src/gen/slipway/v1/debug_pb.js";
import { HistoryService } from "../../src/gen/slipway/v1/history_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { ImageService } from "../../src/gen/slipway/v1/image_pb.js";
import { PluginService } from "../../src/gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import { lab, tempDir } from "../lab/index.js";
import { destroyState, makeState } from "../lab/state.js";
import { incidentsOf } from "./incidents.js";

const root = join(import.meta.dirname, "../..");
/** Search folder of the test plugins. */
export const fixturePlugins = join(root, "test/fixtures/plugins");
/** The bundled program. */
export const cli = join(root, "dist/cli.cjs");
const compileCache = join(import.meta.dirname, "compile-cache.cjs");

/** A host in a separate process, with clients of all its services. */
export interface TestHost {
  socket: string;
  /** Folder of its store, uploads and socket; removed when the test ends. */
  folder: string;
  process: ChildProcess;
  host: Client<typeof HostService>;
  plugins: Client<typeof PluginService>;
  builders: Client<typeof BuilderService>;
  builds: Client<typeof BuildService>;
  bakes: Client<typeof BakeService>;
  debug: Client<typeof DebugService>;
  history: Client<typeof HistoryService>;
  images: Client<typeof ImageService>;
  policies: Client<typeof BuildPolicyService>;
  uploads: Client<typeof UploadService>;
  /** Its stderr so far. */
  log(): string;
  /** Resolves when its process has exited. */
  ended: Promise<unknown>;
}

/** Options of {@link startHost}. */
export interface TestHostOptions {
  /** Additional plugin search folders. */
  plugins?: string[];
  /** Extra environment variables. */
  env?: Record<string, string>;
  /** Extra arguments of `slipway serve`. */
  args?: string[];
  /** Folder of an earlier host, to reuse its state. */
  folder?: string;
  /** Program to run; default: the bundled one. */
  program?: string;
  /** The file that it and its plugins see as /etc/hosts. */
  hosts?: string;
  /** The test provokes internal faults of the host. Otherwise one in its log fails the test. */
  hasIncidents?: boolean;
}

/** Starts a host; it is stopped when the test ends, which fails if the host has logged an internal fault. */
export async function startHost(options: TestHostOptions = {}): Promise<TestHost> {
  return launch(options, options.folder ?? (await tempDir()), onTestFinished);
}

/**
 * One host for all tests of a file or a `describe`, for tests that do not mind each other's builds. The failure of an
 * internal fault is that of the file. Returns the host, which exists as soon as a hook or a test runs.
 */
export function shareHost(options: Omit<TestHostOptions, "folder"> = {}): () => TestHost {
  const ends: (() => Promise<void>)[] = [];
  let host: TestHost;
  beforeAll(async () => {
    const folder = await makeState("temp");
    ends.push(() => destroyState(folder));
    host = await launch(options, folder, (end) => ends.unshift(end));
  });
  afterAll(async () => {
    for (const end of ends) await end();
  });
  return () => host;
}

async function launch(
  options: TestHostOptions,
  folder: string,
  atEnd: (end: () => Promise<void>) => void,
): Promise<TestHost> {
  const socket = join(folder, "run", "slipway.sock");
  const args = ["serve", "--socket", socket, "--state-dir", join(folder, "state"), "--log-level", "debug"];
  if (!options.plugins && !options.folder) await keepHandshakes(join(folder, "state"));
  for (const plugins of options.plugins ?? []) args.push("--plugin-path", plugins);
  const command = [
    process.execPath,
    "--require",
    compileCache,
    options.program ?? cli,
    ...args,
    ...(options.args ?? []),
  ];
  const [program, ...rest] = options.hosts ? withHosts(options.hosts, command) : command;
  const child = spawn(program!, rest, {
    env: { ...process.env, HOME: folder, SLIPWAY_TEST_COMPILED: inject("compiled"), ...options.env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  // Not "exit", which may come before the last lines of the log.
  const ended = once(child, "close");
  atEnd(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(timer);
    }
    const incidents = incidentsOf(log);
    if (incidents.length > 0 && !options.hasIncidents)
      throw new Error(`the host logged internal faults:\n${incidents.join("\n")}`);
  });
  const transport = createGrpcTransport({
    baseUrl: "http://localhost",
    // Node's default buffer limit of 10 MB per connection is less than the host's limit of one message.
    nodeOptions: { createConnection: () => createConnection(socket), maxSessionMemory: 100 },
  });
  const service = createClient(HostService, transport);
  const until = Date.now() + 60_000;
  for (;;) {
    const how = child.exitCode ?? child.signalCode;
    if (how !== null) throw new Error(`the host ended with ${how}:\n${log}`);
    if (
      await service.negotiate({}).then(
        () => true,
        () => false,
      )
    )
      break;
    if (Date.now() > until) throw new Error(`the host did not come up:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    socket,
    folder,
    process: child,
    host: service,
    plugins: createClient(PluginService, transport),
    builders: createClient(BuilderService, transport),
    builds: createClient(BuildService, transport),
    bakes: createClient(BakeService, transport),
    debug: createClient(DebugService, transport),
    history: createClient(HistoryService, transport),
    images: createClient(ImageService, transport),
    policies: createClient(BuildPolicyService, transport),
    uploads: createClient(UploadService, transport),
    log: () => log,
    ended,
  };
}

/** A command in a mount namespace of its own, where a file is in place of /etc/hosts. */
function withHosts(file: string, command: string[]): string[] {
  return ["unshare", "--mount", "sh", "-ec", 'mount --bind "$0" /etc/hosts; exec "$@"', file, ...command];
}

/** Lets a host know what the bundled plugins answered to earlier hosts, so that it starts only those that are used. */
async function keepHandshakes(stateDir: string): Promise<void> {
  await mkdir(stateDir, { mode: 0o700 });
  await symlink(inject("handshakes"), join(stateDir, "handshakes"));
}

/** Anonymous memory of the host's process, in bytes. */
export async function ownMemory(host: TestHost): Promise<number> {
  const status = await readFile(`/proc/${host.process.pid}/status`, "utf8");
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)![1]) * 1024;
}

/** The variables that select one of the lab's engines as a client's default builder. */
export function engineEnvironment(engine: "engine20" | "engine29"): Record<string, string> {
  return { DOCKER_HOST: lab()[engine].host };
}
