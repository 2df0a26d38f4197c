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
  environmentVariables: ["ZOO_SOCKET"],
};

const unreadable = {
  severity: Severity.ERROR,
  reason: "SOCKET_INVALID",
  field: "ZOO_SOCKET",
  message: "ZOO_SOCKET is no path of a socket",
};

function fileOf(config: NodeConfig): string {
  return join(config.options.folder ?? "/nonexistent", config.node);
}

function inspect(config: NodeConfig): NodeStatusInit {
  const file = fileOf(config);
  const state = existsSync(file) ? readFileSync(file, "utf8") : "absent";
  if (state === "running") return { state: NodeState.RUNNING };
  const known = state === "stopped" ? NodeState.STOPPED : NodeState.ABSENT;
  return { state: known, reason: `it is ${state}`, reasonCode: `NODE_${state.toUpperCase()}` };
}

function write(config: NodeConfig, state: string): void {
  mkdirSync(config.options.folder!, { recursive: true });
  writeFileSync(fileOf(config), state);
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
      progress({ id: "feed", name: "feeding" });
      await new Promise((resolve) => setTimeout(resolve, 20));
      signal.throwIfAborted();
      write(config, "running");
      progress({ id: "feed", name: "feeding", done: true });
      return inspect(config);
    },
    inspect: async (config) => inspect(config),
    async stop(config) {
      if (existsSync(fileOf(config))) write(config, "stopped");
      return inspect(config);
    },
    async remove(config) {
      rmSync(fileOf(config), { force: true });
      return [];
    },
    async connect(config, { signal }) {
      const { state, reason } = inspect(config);
      if (state !== NodeState.RUNNING) {
        throw driverError({ code: Code.Unavailable, reason: "NODE_STOPPED", message: reason! });
      }
      const socket = connect({ path: config.options.socket!, allowHalfOpen: true });
      await once(socket, "connect", { signal });
      return socket;
    },
    imageStore: {
      get: async () => ({ oci: true, description: "an empty store" }),
      load: async () => [],
      // biome-ignore lint/correctness/useYield: there is nothing to save.
      async *save() {
        throw driverError({
          code: Code.NotFound,
          reason: "IMAGE_NOT_FOUND",
          message: "there is no such image",
        });
      },
      async push() {
        throw driverError({
          code: Code.NotFound,
          reason: "IMAGE_NOT_FOUND",
          message: "there is no such image",
        });
      },
      list: async () => [],
      remove: async () => {},
    },
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
