import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { isAbsolute, join, normalize } from "node:path";
import {
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
import { storeVariable, wellStore } from "./store.js";

/** A driver that keeps all rules. Its nodes are files in a folder, and their BuildKit is a given one. */
export const descriptor = {
  name: "zoo",
  title: "An animal",
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
  environmentVariables: ["ZOO_SOCKET", storeVariable],
};

const unreadable = {
  severity: Severity.ERROR,
  reason: "SOCKET_INVALID",
  field: "ZOO_SOCKET",
  message: "ZOO_SOCKET is no path of a socket",
};

/** What is kept of a node. */
interface Kept {
  state: "running" | "stopped";
  options: Record<string, string>;
  daemonFlags: string[];
}

/** The file that is a node. */
export function fileOf(config: NodeConfig): string {
  return join(config.options.folder ?? "/nonexistent", config.node);
}

function read(config: NodeConfig): Kept | undefined {
  const file = fileOf(config);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** Makes a node, or changes it. */
export function write(config: NodeConfig, state: Kept["state"]): void {
  const { options, daemonFlags } = config;
  mkdirSync(config.options.folder!, { recursive: true });
  writeFileSync(fileOf(config), JSON.stringify({ state, options, daemonFlags } satisfies Kept));
}

function inspect(config: NodeConfig): NodeStatusInit {
  if (!isReachable(config)) {
    return { state: NodeState.UNREACHABLE, reason: "its socket has gone", reasonCode: "SOCKET_MISSING" };
  }
  const kept = read(config);
  const changedFields = kept ? changes(kept, config) : [];
  if (kept?.state === "running") return { state: NodeState.RUNNING, changedFields };
  return kept
    ? { state: NodeState.STOPPED, reason: "it is stopped", reasonCode: "NODE_STOPPED", changedFields }
    : { state: NodeState.ABSENT, reason: "it is absent", reasonCode: "NODE_ABSENT" };
}

function isReachable({ options: { socket } }: NodeConfig): boolean {
  return !socket || existsSync(socket);
}

function changes(kept: Kept, { options, daemonFlags }: NodeConfig): string[] {
  const names = new Set([...Object.keys(kept.options), ...Object.keys(options)]);
  const changed = [...names].filter((name) => kept.options[name] !== options[name]);
  const flags = kept.daemonFlags.join() === daemonFlags.join() ? [] : ["daemon_flags"];
  return [...changed.map((name) => `options[${name}]`), ...flags];
}

function mustReach(config: NodeConfig): void {
  if (isReachable(config)) return;
  throw driverError({ code: Code.Unavailable, reason: "SOCKET_MISSING", message: "its socket has gone" });
}

/** A fresh one for each process, since faults are put into it. */
export function wellDriver(): Driver {
  const own = structuredClone(descriptor);
  return {
    descriptor: own,
    async implicitBuilders({ ZOO_SOCKET: socket = "/run/zoo.sock" }) {
      if (!isAbsolute(socket) || socket !== normalize(socket))
        return { builders: [], diagnostics: [unreadable] };
      const options = { timeout: "1m30s", size: "small", socket };
      return { builders: [{ config: { builder: "zoo", node: "zoo", options }, current: true }] };
    },
    validate: async (config) => verdict(validateNode(own, config)),
    async bootstrap(config, { progress, signal }) {
      mustReach(config);
      progress({ id: "feed", name: "feeding" });
      await new Promise((resolve) => setTimeout(resolve, 20));
      signal.throwIfAborted();
      write(config, "running");
      progress({ id: "feed", name: "feeding", done: true });
      return inspect(config);
    },
    inspect: async (config) => inspect(config),
    async stop(config) {
      if (read(config)) write(config, "stopped");
      return inspect(config);
    },
    async remove(config) {
      rmSync(fileOf(config), { force: true });
      return [];
    },
    async connect(config, { signal }) {
      mustReach(config);
      const { state, reason } = inspect(config);
      if (state !== NodeState.RUNNING) {
        throw driverError({ code: Code.Unavailable, reason: "NODE_STOPPED", message: reason! });
      }
      const socket = connect({ path: config.options.socket!, allowHalfOpen: true });
      await once(socket, "connect", { signal });
      return socket;
    },
    imageStore: wellStore(),
  };
}

/** The keeper's driver, in the same plugin: all that the animal's has not, and nothing else. */
export function keeperDriver(): Driver {
  const own = {
    name: "keeper",
    title: "A keeper",
    capabilities: [{ id: "builders.create" }, { id: "daemon.flags" }, { id: "daemon.config" }],
    endpoint: { use: EndpointUse.OPTIONAL, schemes: ["unix", "tcp"] },
    options: [{ name: "key", type: OptionType.STRING, description: "A key." }],
  };
  const driver = wellDriver();
  return { ...driver, descriptor: own, validate: async (config) => verdict(validateNode(own, config)) };
}
