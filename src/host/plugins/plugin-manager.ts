import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CapabilitySchema, PeerSchema } from "../../gen/slipway/common/v1/capability_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { Plugin } from "../../gen/slipway/v1/plugin_pb.js";
import type { Reattach } from "../../plugin-protocol/reattach.js";
import type { Activity } from "../base/activity.js";
import type { Log } from "../base/log.js";
import type { Meter } from "../base/meter.js";
import { attachedOnly } from "./attached/attach-errors.js";
import { AttachedPlugins } from "./attached/attached-plugins.js";
import { describePlugin } from "./describe-plugin.js";
import { type Candidate, type SearchFolder, withoutTaken } from "./discovery.js";
import { HandshakeCache } from "./handshake-cache.js";
import type { PluginInstallation } from "./install/installation.js";
import { driverUnknown, pluginUnknown, pluginUnusable } from "./plugin-errors.js";
import { type PluginUse, type PolicyUse, usePlugin, usePolicies } from "./plugin-use.js";
import { sweepSocketDirs } from "./socket-dir.js";
import { SupervisedPlugins } from "./supervised-plugins.js";

/** Options to find and run plugins. */
export interface PluginManagerOptions {
  /** Kept busy while a plugin is attached. */
  activity?: Activity;
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
  /** Is told about calls of plugins. */
  meter?: Meter;
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
  /** Folder for what plugins answer to Handshake, for later hosts; nothing is kept when absent. */
  handshakeDir?: string;
}

/** Finds plugins and runs them while they are in use. */
export class PluginManager {
  #changed = () => {};
  readonly #supervised: SupervisedPlugins;
  readonly #attached: AttachedPlugins;

  private constructor(private readonly options: PluginManagerOptions) {
    const { env = process.env, idleMs = 5 * 60_000, backoffMs = 250 } = options;
    const { startTimeoutMs = 30_000, stopTimeoutMs = 2000 } = options;
    const handshakes = options.handshakeDir ? new HandshakeCache(options.handshakeDir, options) : undefined;
    const times = { idleMs, backoffMs, startTimeoutMs, stopTimeoutMs };
    this.#supervised = new SupervisedPlugins({ ...options, env, ...times, handshakes });
    this.#attached = new AttachedPlugins(options);
  }

  /** Finds plugins and removes files that a killed host left behind. Starts no plugin. */
  static async open(options: PluginManagerOptions): Promise<PluginManager> {
    await sweepSocketDirs(options.runtimeDir);
    const manager = new PluginManager(options);
    await manager.reload();
    return manager;
  }

  /** Has a function called when plugins were searched for again, attached or detached. */
  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  /** Searches for plugins again. Unchanged plugins keep running; the process of a changed one stops with its last user. */
  async reload(): Promise<void> {
    await this.#supervised.search();
    this.#changed();
  }

  /** The attached plugins, and all others in search order, usable or not. */
  list(): Plugin[] {
    const attached = this.#attached.list().map((plugin) => plugin.describe());
    return [...attached, ...this.candidates().map((candidate) => this.#describe(candidate))];
  }

  /** The plugins in search order, usable or not, with all drivers of their manifests. */
  candidates(): readonly Candidate[] {
    return this.#supervised.list();
  }

  /** The plugin with a name; of several, the usable one. NOT_FOUND; FAILED_PRECONDITION for one that is only attached. */
  candidate(name: string): Candidate {
    const found = this.#supervised.find(name);
    if (found) return found;
    const attached = this.#attached.list().find((plugin) => plugin.name === name);
    if (attached) throw attachedOnly(name, attached.reattach.pid);
    throw pluginUnknown(name, [...new Set(this.candidates().map((other) => other.name))]);
  }

  /** The state of a plugin; throws as {@link candidate}. */
  find(name: string): Plugin {
    return this.#describe(this.candidate(name));
  }

  /** The drivers of all attached plugins, and those of all usable ones, from their manifests. */
  driverNames(): { driver: string; plugin: string }[] {
    const attached = this.#attached.list();
    const usable = this.candidates()
      .map((candidate) => this.#shadowed(candidate))
      .flatMap((candidate) => (candidate.state === "usable" ? [candidate] : []));
    return [...attached, ...usable].flatMap(({ name, drivers }) =>
      drivers.map((driver) => ({ driver, plugin: name })),
    );
  }

  /**
   * Attaches a plugin that its author runs. Until it ends or is detached, its drivers take the place of those that other
   * plugins have; who uses those may finish. Rejects with a typed error.
   */
  async attach(reattach: Reattach, signal: AbortSignal): Promise<Plugin> {
    const plugin = await this.#attached.attach(reattach, signal);
    this.#changed();
    return plugin.describe();
  }

  /** Detaches a plugin; who uses it may finish. NOT_FOUND for one that is not attached. */
  detach(name: string): void {
    this.#attached.detach(name);
    this.#changed();
  }

  /**
   * Returns the descriptors of all drivers, by priority. Starts plugins that never ran with their present files; a plugin
   * that cannot be started is left out, and `list` has the reason.
   */
  async describe(): Promise<{ descriptor: DriverDescriptor; plugin: string }[]> {
    const descriptors = await Promise.all(
      this.driverNames().map(async ({ driver, plugin }) => {
        const known = await this.#know(driver, plugin).catch((error: Error) => {
          this.options.log.debug(`Plugin left out of the drivers: ${error.message}`, { plugin });
          return undefined;
        });
        const descriptor = known?.drivers.find(({ name }) => name === driver);
        return descriptor ? [{ descriptor, plugin }] : [];
      }),
    );
    return descriptors.flat().sort((a, b) => a.descriptor.priority - b.descriptor.priority);
  }

  /**
   * Takes the plugin of a driver into use and starts it if it is not running. Rejects with NOT_FOUND (DRIVER_UNKNOWN) or
   * FAILED_PRECONDITION or UNAVAILABLE (PLUGIN_QUARANTINED, or the reason of a failed start).
   */
  async use(driver: string): Promise<PluginUse> {
    const found = this.driverNames().find((known) => known.driver === driver);
    if (!found) throw this.#unknown(driver);
    const attached = this.#attached.withDriver(driver);
    const source = attached ?? this.#supervised.supervisor(found.plugin)!;
    return usePlugin(source, { ...found, isAttached: attached !== undefined });
  }

  /**
   * Takes the plugin that evaluates policies in a language into use, as {@link use}. Undefined when there is none. An
   * attached plugin comes first.
   */
  async usePolicies(language: string): Promise<PolicyUse | undefined> {
    const attached = this.#attached.list().find(({ known }) => known.policyLanguages.includes(language));
    if (attached) return usePolicies(attached, attached.name);
    const found = this.candidates().find(
      (candidate) => candidate.state === "usable" && candidate.manifest.policyLanguages.includes(language),
    );
    return found && usePolicies(this.#supervised.supervisor(found.name)!, found.name);
  }

  /**
   * Reads a plugin's folder again, stops its process, lifts its quarantine and starts it. Rejects with NOT_FOUND, or as
   * `use`.
   */
  async restart(name: string): Promise<Plugin> {
    await this.reload();
    const candidate = this.candidate(name);
    if (candidate.state !== "usable") throw pluginUnusable(name, candidate.reason);
    await this.#supervised.supervisor(name)!.restart();
    return this.#describe(candidate);
  }

  /** Starts a plugin if it is usable and does not run. The returned state shows whether that succeeded. */
  async tryStart(name: string): Promise<Plugin> {
    await this.#supervised
      .supervisor(name)
      ?.start()
      .catch(() => {});
    return this.find(name);
  }

  /** Stops all plugins; their uses end with PLUGIN_STOPPED. */
  async close(): Promise<void> {
    await Promise.all([this.#supervised.close(), this.#attached.close()]);
  }

  #unknown(driver: string) {
    const hidden = this.candidates().find(
      (candidate) => candidate.state === "invalid" && [candidate.name, ...candidate.drivers].includes(driver),
    );
    const known = this.driverNames().map((other) => other.driver);
    const reason =
      hidden?.state === "invalid" ? `the plugin in ${hidden.folder} cannot be used: ${hidden.reason}` : "";
    return driverUnknown(driver, known, reason);
  }

  async #know(driver: string, plugin: string): Promise<{ drivers: DriverDescriptor[] }> {
    return this.#attached.withDriver(driver)?.known ?? this.#supervised.supervisor(plugin)!.know();
  }

  /** The plugin without the drivers that come from attached plugins. */
  #shadowed(candidate: Candidate): Candidate {
    return withoutTaken(candidate, (driver) => {
      const owner = this.#attached.withDriver(driver);
      return owner && `${owner.name} (attached, process ${owner.reattach.pid})`;
    });
  }

  #describe(candidate: Candidate): Plugin {
    return describePlugin(this.#shadowed(candidate), this.#supervised.supervisor(candidate.name));
  }
}
