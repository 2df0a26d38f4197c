import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type LookupFunction, type Socket } from "node:net";
import { isAbsolute, join, normalize } from "node:path";
import {
  allowedLookup,
  Code,
  type Driver,
  driverError,
  EndpointUse,
  type NodeConfig,
  NodeState,
  type NodeStatusInit,
  OptionType,
  Severity,
  validateNode,
  verdict,
} from "../../../src/driver/index.js";
import { sampleStore, storeVariable } from "./store.js";

/** A conforming driver. Its nodes are files in a folder, and their BuildKit is an existing one. */
export const descriptor = {
  name: "sample",
  title: "A sample driver",
  configVersion: 2,
  capabilities: [
    { id: "builders.create" },
    { id: "builders.implicit" },
    { id: "builders.stop" },
    { id: "daemon.flags" },
    { id: "image-store" },
    { id: "image-store.layers" },
  ],
  endpoint: { use: EndpointUse.FORBIDDEN, schemes: [] as string[] },
  options: [
    { name: "socket", type: OptionType.PATH, required: true, description: "BuildKit's socket." },
    { name: "folder", type: OptionType.PATH, description: "Folder of the nodes." },
    { name: "timeout", type: OptionType.DURATION, defaultValue: "1m30s", description: "A time." },
    {
      name: "size",
      type: OptionType.ENUM,
      defaultValue: "small",
      allowedValues: ["small", "big"],
      description: "A size.",
    },
    { name: "secret", type: OptionType.BOOL, sensitive: true, description: "A secret." },
    { name: "old", type: OptionType.STRING, deprecation: "Use size.", description: "An old size." },
  ],
  environmentVariables: ["SAMPLE_SOCKET", storeVariable],
};

const unreadable = {
  severity: Severity.ERROR,
  reason: "SOCKET_INVALID",
  field: "SAMPLE_SOCKET",
  message: "SAMPLE_SOCKET is not the path of a socket.",
};

/** Content of a node's file. */
interface NodeFile {
  state: "running" | "stopped";
  options: Record<string, string>;
  daemonFlags: string[];
}

/** The file of a node. */
export function fileOf(config: NodeConfig): string {
  return join(config.options.folder ?? "/nonexistent", config.node);
}

function read(config: NodeConfig): NodeFile | undefined {
  const file = fileOf(config);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** Creates or changes a node. */
export function write(config: NodeConfig, state: NodeFile["state"]): void {
  const { options, daemonFlags } = config;
  mkdirSync(config.options.folder!, { recursive: true });
  writeFileSync(fileOf(config), JSON.stringify({ state, options, daemonFlags } satisfies NodeFile));
}

function inspect(config: NodeConfig): NodeStatusInit {
  if (!isReachable(config)) {
    return {
      state: NodeState.UNREACHABLE,
      message: "The socket does not exist.",
      reason: "SOCKET_MISSING",
    };
  }
  const file = read(config);
  const changedFields = file ? changes(file, config) : [];
  if (file?.state === "running") return { state: NodeState.RUNNING, changedFields };
  return file
    ? { state: NodeState.STOPPED, message: "The node is stopped.", reason: "NODE_STOPPED", changedFields }
    : { state: NodeState.ABSENT, message: "The node is absent.", reason: "NODE_ABSENT" };
}

function isReachable({ options: { socket } }: NodeConfig): boolean {
  return !socket || existsSync(socket);
}

function changes(file: NodeFile, { options, daemonFlags }: NodeConfig): string[] {
  const names = new Set([...Object.keys(file.options), ...Object.keys(options)]);
  const changed = [...names].filter((name) => file.options[name] !== options[name]);
  const flags = file.daemonFlags.join() === daemonFlags.join() ? [] : ["daemon_flags"];
  return [...changed.map((name) => `options[${name}]`), ...flags];
}

function mustReach(config: NodeConfig): void {
  if (isReachable(config)) return;
  throw driverError({
    code: Code.Unavailable,
    reason: "SOCKET_MISSING",
    message: "The socket does not exist.",
  });
}

/** Opens a stream to the BuildKit of a node. */
export async function openSample(config: NodeConfig, signal: AbortSignal): Promise<Socket> {
  mustReach(config);
  const { state, message } = inspect(config);
  if (state !== NodeState.RUNNING) {
    throw driverError({ code: Code.Unavailable, reason: "NODE_STOPPED", message: message! });
  }
  const socket = connect({ path: config.options.socket!, allowHalfOpen: true });
  await once(socket, "connect", { signal });
  return socket;
}

/** Creates the driver; each process has its own, which a fault may change. */
export function sampleDriver(): Driver {
  const own = structuredClone(descriptor);
  return {
    descriptor: own,
    async implicitBuilders({ SAMPLE_SOCKET: socket = "/run/sample.sock" }) {
      if (!isAbsolute(socket) || socket !== normalize(socket))
        return { builders: [], diagnostics: [unreadable] };
      const options = { timeout: "1m30s", size: "small", socket };
      return { builders: [{ config: { builder: "sample", node: "sample", options }, current: true }] };
    },
    validate: async (config) => verdict(validateNode(own, config)),
    // In version 1 the timeout was a number of seconds.
    async upgradeConfig(config) {
      const { seconds, ...options } = config.options;
      return { config: { ...config, options: { ...options, ...(seconds && { timeout: `${seconds}s` }) } } };
    },
    async bootstrap(config, { progress, signal }) {
      mustReach(config);
      progress({ id: "start", name: "Starting the node" });
      await new Promise((resolve) => setTimeout(resolve, 20));
      signal.throwIfAborted();
      write(config, "running");
      progress({ id: "start", name: "Starting the node", done: true });
      return inspect(config);
    },
    inspect: async (config) => inspect(config),
    async stop(config) {
      if (read(config)) write(config, "stopped");
      return inspect(config);
    },
    async remove(config) {
      rmSync(fileOf(config), { force: true });
      return {};
    },
    acquire: (config, lease) => lease.hold({ open: (signal) => openSample(config, signal) }),
    imageStore: sampleStore(),
  };
}

/** Connects to the address of an endpoint, and closes the connection. Never rejects. */
export async function connectOnce(endpoint: string, lookup?: LookupFunction): Promise<void> {
  const { hostname: host, port } = new URL(endpoint);
  const socket = connect({ host, port: Number(port), lookup }, () => socket.destroy()).on("error", () => {});
  await new Promise((resolve) => socket.on("close", resolve));
}

/** A second driver of the same plugin, with the features that the first one does not have. */
export function otherDriver(): Driver {
  const own = {
    name: "other",
    title: "Another driver",
    capabilities: [{ id: "builders.create" }, { id: "daemon.flags" }, { id: "daemon.config" }],
    endpoint: { use: EndpointUse.OPTIONAL, schemes: ["unix", "tcp"], remoteSchemes: ["tcp"] },
    options: [{ name: "key", type: OptionType.STRING, description: "A key." }],
  };
  const driver = sampleDriver();
  return {
    ...driver,
    descriptor: own,
    validate: async (config) => verdict(validateNode(own, config)),
    async inspect(config) {
      if (config.endpoint.startsWith("tcp:")) await connectOnce(config.endpoint, allowedLookup(config));
      return inspect(config);
    },
  };
}
