import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import type { CapabilitySchema, PeerSchema } from "../../gen/slipway/driver/v1/capability_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { DriverService } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { ImageStoreService } from "../../gen/slipway/driver/v1/image_store_pb.js";
import { type Plugin, PluginSchema, PluginState } from "../../gen/slipway/v1/driver_pb.js";
import type { Log } from "../log.js";
import { type Candidate, discover, type SearchFolder } from "./discovery.js";
import { driverUnknown, pluginUnknown, pluginUnusable } from "./plugin-errors.js";
import { PluginSupervisor } from "./plugin-supervisor.js";
import { sweepSocketDirs } from "./socket-dir.js";

/** What plugins need to be found and run. */
export interface PluginManagerOptions {
  /** Where plugins are looked for; `pluginSearchPath` has the usual places. */
  searchPath: SearchFolder[];
  /** The host's folder for files of this run; sockets are made below it. Its path must be short. */
  runtimeDir: string;
  /** Who the host says it is. */
  host: MessageInitShape<typeof PeerSchema>;
  /** What the host says it can do. */
  capabilities: MessageInitShape<typeof CapabilitySchema>[];
  /** Takes the plugins' log lines and what happens to them. */
  log: Log;
  /** Environment of the plugins; the host's own by default. */
  env?: NodeJS.ProcessEnv;
  /** A plugin that nobody uses is stopped after so long, in milliseconds; 5 minutes by default. */
  idleMs?: number;
  /** So long a plugin may take until it answers Handshake, in milliseconds; 30 s by default. */
  startTimeoutMs?: number;
  /** So long a plugin may take to end when told to, in milliseconds; 2 s by default, as in go-plugin. */
  stopTimeoutMs?: number;
  /** Wait before the start after a first crash, in milliseconds; 250 by default. */
  backoffMs?: number;
}

/** A running plugin, held for one of its drivers: it is not stopped before all leases are released. */
export interface DriverLease {
  /** The driver. */
  readonly descriptor: DriverDescriptor;
  /** Name of its plugin. */
  readonly plugin: string;
  /** Calls the driver. Errors keep their details; those of the process's death are DRIVER_CRASHED. */
  readonly driver: Client<typeof DriverService>;
  /** Calls the plugin's image stores. */
  readonly imageStore: Client<typeof ImageStoreService>;
  /** Aborts when the process has ended; its reason is a typed error (DRIVER_CRASHED or PLUGIN_STOPPED). */
  readonly died: AbortSignal;
  /** Gives the lease back; further calls do nothing. */
  release(): void;
}

/** Finds plugins, and runs them while they are used. */
export class PluginManager {
  readonly #supervisors = new Map<string, PluginSupervisor>();

  private constructor(
    private readonly candidates: Candidate[],
    private readonly options: PluginManagerOptions,
  ) {
    const { env = process.env, idleMs = 5 * 60_000, backoffMs = 250 } = options;
    const { startTimeoutMs = 30_000, stopTimeoutMs = 2000 } = options;
    for (const candidate of candidates) {
      if (candidate.state !== "usable") continue;
      const { name, manifest, folder } = candidate;
      const how = { ...options, env, idleMs, backoffMs, startTimeoutMs, stopTimeoutMs };
      this.#supervisors.set(name, new PluginSupervisor(manifest, folder, how));
    }
  }

  /** Looks for plugins, and removes what a killed host left behind. Starts none. */
  static async open(options: PluginManagerOptions): Promise<PluginManager> {
    await sweepSocketDirs(options.runtimeDir);
    return new PluginManager(await discover(options.searchPath), options);
  }

  /** All plugins in search order, usable or not. */
  list(): Plugin[] {
    return this.candidates.map((candidate) => this.#describePlugin(candidate));
  }

  /** The drivers of all usable plugins, from their manifests. */
  driverNames(): { driver: string; plugin: string }[] {
    return this.candidates.flatMap((candidate) =>
      candidate.state === "usable"
        ? candidate.drivers.map((driver) => ({ driver, plugin: candidate.name }))
        : [],
    );
  }

  /**
   * The descriptors of all drivers. Starts plugins that have not run yet; one that cannot be started has no drivers,
   * and `list` tells why.
   */
  async describe(): Promise<{ descriptor: DriverDescriptor; plugin: string }[]> {
    const descriptors = await Promise.all(
      this.driverNames().map(async ({ driver, plugin }) => {
        const known = await this.#known(plugin).catch((error: Error) => {
          this.options.log.debug(`plugin left out of the drivers: ${error.message}`, { plugin });
          return undefined;
        });
        const descriptor = known?.find(({ name }) => name === driver);
        return descriptor ? [{ descriptor, plugin }] : [];
      }),
    );
    return descriptors.flat();
  }

  /**
   * Holds the plugin of a driver, which is started if it does not run. Rejects with NOT_FOUND (DRIVER_UNKNOWN) or
   * UNAVAILABLE (PLUGIN_QUARANTINED, or why it could not be started).
   */
  async use(driver: string): Promise<DriverLease> {
    const found = this.driverNames().find((known) => known.driver === driver);
    if (!found) throw this.#unknown(driver);
    const supervisor = this.#supervisors.get(found.plugin)!;
    const running = await supervisor.use();
    let released = false;
    return {
      descriptor: running.handshake.drivers.find(({ name }) => name === driver)!,
      plugin: found.plugin,
      driver: running.driverClient(),
      imageStore: running.imageStoreClient(),
      died: running.died,
      release() {
        if (released) return;
        released = true;
        supervisor.release();
      },
    };
  }

  /** Ends a plugin's process, lifts its quarantine and starts it again. Rejects with NOT_FOUND, or as `use`. */
  async restart(name: string): Promise<Plugin> {
    const candidate =
      this.candidates.find((other) => other.name === name && other.state === "usable") ??
      this.candidates.find((other) => other.name === name);
    if (!candidate) throw pluginUnknown(name, [...new Set(this.candidates.map((other) => other.name))]);
    if (candidate.state !== "usable") throw pluginUnusable(name, candidate.reason);
    await this.#supervisors.get(name)!.restart();
    return this.#describePlugin(candidate);
  }

  /** Ends all plugins; leases end with PLUGIN_STOPPED. */
  async close(): Promise<void> {
    await Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.close()));
  }

  async #known(plugin: string): Promise<DriverDescriptor[]> {
    const supervisor = this.#supervisors.get(plugin)!;
    if (!supervisor.known) {
      await supervisor.use();
      supervisor.release();
    }
    return supervisor.known!.drivers;
  }

  #unknown(driver: string) {
    const hidden = this.candidates.find(
      (candidate) => candidate.state === "invalid" && candidate.name.includes(driver),
    );
    const known = this.driverNames().map((other) => other.driver);
    const reason =
      hidden?.state === "invalid" ? `the plugin in ${hidden.folder} cannot be used: ${hidden.reason}` : "";
    return driverUnknown(driver, known, reason);
  }

  #describePlugin(candidate: Candidate): Plugin {
    const { name, folder: path } = candidate;
    switch (candidate.state) {
      case "invalid":
        return create(PluginSchema, { name, path, state: PluginState.INVALID, reason: candidate.reason });
      case "shadowed": {
        const { version, drivers } = candidate.manifest;
        const state = PluginState.SHADOWED;
        return create(PluginSchema, { name, path, version, drivers, state, reason: candidate.reason });
      }
      case "usable": {
        const { version } = candidate.manifest;
        const { startTime, reason, ...state } = this.#supervisors.get(name)!.describe();
        return create(PluginSchema, {
          name,
          path,
          version,
          drivers: candidate.drivers,
          ...state,
          reason: reason || candidate.note,
          startTime: startTime && timestampFromDate(startTime),
        });
      }
    }
  }
}
