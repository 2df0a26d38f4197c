import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import type { CapabilitySchema, PeerSchema } from "../../gen/slipway/driver/v1/capability_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { DriverService } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { ImageStoreService } from "../../gen/slipway/driver/v1/image_store_pb.js";
import type { NativeBuildService } from "../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { type Plugin, PluginSchema, PluginState } from "../../gen/slipway/v1/driver_pb.js";
import type { Log } from "../base/log.js";
import { type Candidate, discover, type FoundPlugin, type SearchFolder, thisMachine } from "./discovery.js";
import type { InstallRequest, PluginInstallation } from "./install/installation.js";
import { integrityProblems } from "./install/integrity.js";
import { digestOfAll } from "./install/tree-digests.js";
import { driverUnknown, pluginUnknown, pluginUnusable } from "./plugin-errors.js";
import { PluginSupervisor, type SupervisorOptions } from "./plugin-supervisor.js";
import { sweepSocketDirs } from "./socket-dir.js";

/** Options to find and run plugins. */
export interface PluginManagerOptions {
  /** Search folders; see `pluginSearchPath`. */
  searchPath: SearchFolder[];
  /** The user's installed plugins with their lock file; none when absent. */
  installation?: PluginInstallation;
  /** The host's runtime folder, in which sockets are created. Its path must be short. */
  runtimeDir: string;
  /** Name and version of the host, for Handshake. */
  host: MessageInitShape<typeof PeerSchema>;
  /** Capabilities of the host, for Handshake. */
  capabilities: MessageInitShape<typeof CapabilitySchema>[];
  /** Log for the plugins' lines and their state changes. */
  log: Log;
  /** Environment of the plugins; default: the host's environment. */
  env?: NodeJS.ProcessEnv;
  /** Idle time after which an unused plugin is stopped, in milliseconds; default: 5 minutes. */
  idleMs?: number;
  /** Timeout until Handshake is answered, in milliseconds; default: 30 s. */
  startTimeoutMs?: number;
  /** How long a plugin may take to exit when it is stopped, in milliseconds; default: 2 s, as in go-plugin. */
  stopTimeoutMs?: number;
  /** Delay before the restart after the first crash, in milliseconds; default: 250. */
  backoffMs?: number;
}

/** A lease on a running plugin for one of its drivers: the plugin runs until all leases are released. */
export interface DriverLease {
  /** The driver. */
  readonly descriptor: DriverDescriptor;
  /** Name of its plugin. */
  readonly plugin: string;
  /** Calls the driver. Errors keep their details; a crash of the process is DRIVER_CRASHED. */
  readonly driver: Client<typeof DriverService>;
  /** Calls the plugin's image stores. */
  readonly imageStore: Client<typeof ImageStoreService>;
  /** Calls builds that the plugin runs without BuildKit. */
  readonly nativeBuild: Client<typeof NativeBuildService>;
  /** Aborts when the process has ended; its reason is a typed error (DRIVER_CRASHED or PLUGIN_STOPPED). */
  readonly died: AbortSignal;
  /** Releases the lease; further calls do nothing. */
  release(): void;
}

/** Finds plugins and runs them while they are in use. */
export class PluginManager {
  #supervisors = new Map<string, { identity: string; supervisor: PluginSupervisor }>();
  #candidates: Candidate[] = [];
  readonly #how: SupervisorOptions;

  private constructor(private readonly options: PluginManagerOptions) {
    const { env = process.env, idleMs = 5 * 60_000, backoffMs = 250 } = options;
    const { startTimeoutMs = 30_000, stopTimeoutMs = 2000 } = options;
    this.#how = { ...options, env, idleMs, backoffMs, startTimeoutMs, stopTimeoutMs };
  }

  /** Finds plugins and removes files that a killed host left behind. Starts no plugin. */
  static async open(options: PluginManagerOptions): Promise<PluginManager> {
    await sweepSocketDirs(options.runtimeDir);
    const manager = new PluginManager(options);
    await manager.reload();
    return manager;
  }

  /** Searches for plugins again. Unchanged plugins keep running; the process of a changed one stops with its last user. */
  async reload(): Promise<void> {
    const lock = await this.options.installation?.read();
    const candidates = await discover(this.options.searchPath, thisMachine, lock);
    const before = this.#supervisors;
    this.#supervisors = new Map();
    for (const candidate of candidates) {
      if (candidate.state !== "usable") continue;
      const identity = identityOf(candidate);
      const known = before.get(candidate.name);
      const supervisor =
        known?.identity === identity ? known.supervisor : new PluginSupervisor(candidate, this.#how);
      this.#supervisors.set(candidate.name, { identity, supervisor });
    }
    this.#candidates = candidates;
    const kept = new Set([...this.#supervisors.values()].map(({ supervisor }) => supervisor));
    for (const { supervisor } of before.values()) if (!kept.has(supervisor)) supervisor.retire();
  }

  /** All plugins in search order, usable or not. */
  list(): Plugin[] {
    return this.#candidates.map((candidate) => this.#describePlugin(candidate));
  }

  /** The drivers of all usable plugins, from their manifests. */
  driverNames(): { driver: string; plugin: string }[] {
    return this.#candidates.flatMap((candidate) =>
      candidate.state === "usable"
        ? candidate.drivers.map((driver) => ({ driver, plugin: candidate.name }))
        : [],
    );
  }

  /**
   * Returns the descriptors of all drivers, by priority. Starts plugins that have not run yet; a plugin that cannot be
   * started is left out, and `list` has the reason.
   */
  async describe(): Promise<{ descriptor: DriverDescriptor; plugin: string }[]> {
    const descriptors = await Promise.all(
      this.driverNames().map(async ({ driver, plugin }) => {
        const known = await this.#known(plugin).catch((error: Error) => {
          this.options.log.debug(`Plugin left out of the drivers: ${error.message}`, { plugin });
          return undefined;
        });
        const descriptor = known?.find(({ name }) => name === driver);
        return descriptor ? [{ descriptor, plugin }] : [];
      }),
    );
    return descriptors.flat().sort((a, b) => a.descriptor.priority - b.descriptor.priority);
  }

  /**
   * Leases the plugin of a driver and starts it if it is not running. Rejects with NOT_FOUND (DRIVER_UNKNOWN) or
   * UNAVAILABLE (PLUGIN_QUARANTINED, or the reason of a failed start).
   */
  async use(driver: string): Promise<DriverLease> {
    const found = this.driverNames().find((known) => known.driver === driver);
    if (!found) throw this.#unknown(driver);
    const { supervisor } = this.#supervisors.get(found.plugin)!;
    const running = await supervisor.use();
    let released = false;
    const descriptor = running.handshake.drivers.find(({ name }) => name === driver)!;
    return {
      descriptor,
      plugin: found.plugin,
      ...running.clients(descriptor),
      died: running.died,
      release() {
        if (released) return;
        released = true;
        supervisor.release();
      },
    };
  }

  /**
   * Reads a plugin's folder again, stops its process, lifts its quarantine and starts it. Rejects with NOT_FOUND, or as
   * `use`.
   */
  async restart(name: string): Promise<Plugin> {
    await this.reload();
    const candidate = this.#candidate(name);
    if (candidate.state !== "usable") throw pluginUnusable(name, candidate.reason);
    await this.#supervisors.get(name)!.supervisor.restart();
    return this.#describePlugin(candidate);
  }

  /** Installs a plugin and starts it once; its state shows whether the start succeeded. */
  async install(request: InstallRequest): Promise<Plugin> {
    const name = await this.#installation().install(request);
    await this.reload();
    const candidate = this.#candidate(name);
    if (candidate.state === "usable") await this.#known(name).catch(() => {});
    return this.#describePlugin(candidate);
  }

  /** Deletes an installed plugin; NOT_FOUND, or FAILED_PRECONDITION (PLUGIN_NOT_INSTALLED). */
  async remove(name: string): Promise<void> {
    const installed = this.#candidates.find((other) => other.name === name && other.locked);
    const { folder } = installed ?? this.#candidate(name);
    await this.#installation().remove(name, folder);
    await this.reload();
  }

  /** Enables or disables a plugin permanently. NOT_FOUND for an unknown name. */
  async setEnabled(name: string, enabled: boolean): Promise<Plugin> {
    this.#candidate(name);
    await this.#installation().setEnabled(name, enabled);
    await this.reload();
    return this.#describePlugin(this.#candidate(name));
  }

  /** Compares the files of plugins with the lock file and their manifests; of all plugins when no names are given. */
  async verify(
    names: string[],
  ): Promise<{ name: string; path: string; checkedFiles: number; problems: string[] }[]> {
    await this.reload();
    const chosen = names.length > 0 ? names.map((name) => this.#candidate(name)) : this.#candidates;
    return Promise.all(
      chosen.map(async (candidate) => {
        const { name, folder: path, locked } = candidate;
        if (candidate.state === "invalid")
          return { name, path, checkedFiles: 0, problems: [candidate.reason] };
        const { checksums } = candidate.manifest;
        const checkedFiles = locked ? Object.keys(locked.files).length : checksums.size;
        return { name, path, checkedFiles, problems: await integrityProblems(candidate) };
      }),
    );
  }

  /** Stops all plugins; leases end with PLUGIN_STOPPED. */
  async close(): Promise<void> {
    await Promise.all([...this.#supervisors.values()].map(({ supervisor }) => supervisor.close()));
  }

  /** The plugin with a name; of several, the usable one. */
  #candidate(name: string): Candidate {
    const namesakes = this.#candidates.filter((other) => other.name === name);
    const found = namesakes.find(({ state }) => state === "usable") ?? namesakes[0];
    if (found) return found;
    throw pluginUnknown(name, [...new Set(this.#candidates.map((other) => other.name))]);
  }

  #installation(): PluginInstallation {
    if (this.options.installation) return this.options.installation;
    throw new Error("This host has no folder for installed plugins.");
  }

  async #known(plugin: string): Promise<DriverDescriptor[]> {
    const { supervisor } = this.#supervisors.get(plugin)!;
    if (!supervisor.known) {
      await supervisor.use();
      supervisor.release();
    }
    return supervisor.known!.drivers;
  }

  #unknown(driver: string) {
    const hidden = this.#candidates.find(
      (candidate) => candidate.state === "invalid" && candidate.name.includes(driver),
    );
    const known = this.driverNames().map((other) => other.driver);
    const reason =
      hidden?.state === "invalid" ? `the plugin in ${hidden.folder} cannot be used: ${hidden.reason}` : "";
    return driverUnknown(driver, known, reason);
  }

  #describePlugin(candidate: Candidate): Plugin {
    const { name, folder: path, locked } = candidate;
    const installation = locked && {
      source: locked.source,
      digest: digestOfAll(locked.files),
      installTime: timestampFromDate(new Date(locked.installTime)),
    };
    const facts = { name, path, installation };
    if (candidate.state === "invalid")
      return create(PluginSchema, { ...facts, state: PluginState.INVALID, reason: candidate.reason });
    const { version, description, homepage, license, address } = candidate.manifest;
    const described = {
      ...facts,
      version,
      description,
      homepage,
      license,
      address: address && `tcp://${address.host}:${address.port}`,
    };
    if (candidate.state !== "usable") {
      const { reason, manifest } = candidate;
      const state = candidate.state === "disabled" ? PluginState.DISABLED : PluginState.SHADOWED;
      return create(PluginSchema, { ...described, drivers: manifest.drivers, state, reason });
    }
    const { startTime, reason, ...state } = this.#supervisors.get(name)!.supervisor.describe();
    return create(PluginSchema, {
      ...described,
      drivers: candidate.drivers,
      ...state,
      reason: reason || candidate.note,
      startTime: startTime && timestampFromDate(startTime),
    });
  }
}

/** Equal for a plugin that has not changed. */
function identityOf({ manifest, folder, locked }: FoundPlugin): string {
  return JSON.stringify([folder, { ...manifest, checksums: [...manifest.checksums] }, locked]);
}
