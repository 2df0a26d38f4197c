import { isDeepStrictEqual } from "node:util";
import type { Reattach } from "../../../plugin-protocol/reattach.js";
import type { Activity } from "../../base/activity.js";
import type { Log } from "../../base/log.js";
import type { HostIdentity } from "../handshake.js";
import { alreadyAttached, notAttached } from "./attach-errors.js";
import { AttachedPlugin } from "./attached-plugin.js";
import { joinAttached } from "./join.js";

/** Options to attach plugins. */
export interface AttachOptions extends HostIdentity {
  log: Log;
  /** Kept busy while a plugin is attached: an idle host that ends would forget it. */
  activity?: Activity;
}

/** The plugins that their authors run and have attached, until they end or are detached. The host stores none of them. */
export class AttachedPlugins {
  readonly #attached = new Map<string, { plugin: AttachedPlugin; release: () => void }>();
  /** Also those that are detached and still in use. */
  readonly #connected = new Set<AttachedPlugin>();
  readonly #closing = new AbortController();

  constructor(private readonly options: AttachOptions) {}

  /** All attached plugins, the oldest first. */
  list(): AttachedPlugin[] {
    return [...this.#attached.values()].map(({ plugin }) => plugin);
  }

  /** The attached plugin that has a driver. */
  withDriver(driver: string): AttachedPlugin | undefined {
    return this.list().find(({ drivers }) => drivers.includes(driver));
  }

  /** Attaches a plugin; one that is attached by the same information stays as it is. Rejects with a typed error. */
  async attach(reattach: Reattach, signal: AbortSignal): Promise<AttachedPlugin> {
    const ends = AbortSignal.any([signal, this.#closing.signal]);
    const known = this.#same(reattach);
    if (known) return known;
    const running = await joinAttached(reattach, this.options, ends);
    const plugin = new AttachedPlugin(reattach, running);
    try {
      ends.throwIfAborted();
      this.#refuseTwice(plugin);
      this.#add(plugin);
      return plugin;
    } catch (cause) {
      await plugin.close();
      // Somebody else may have attached it meanwhile.
      const twin = this.#same(reattach);
      if (twin) return twin;
      throw cause;
    }
  }

  /** Forgets a plugin; those who use it may finish. NOT_FOUND (PLUGIN_NOT_ATTACHED). */
  detach(name: string): void {
    const entry = this.#attached.get(name);
    if (!entry) throw notAttached(name, [...this.#attached.keys()]);
    this.#forget(entry.plugin);
    entry.plugin.detach();
  }

  /** Disconnects from all plugins, whose processes go on. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#connected].map((plugin) => plugin.close()));
  }

  #add(plugin: AttachedPlugin): void {
    const release = this.options.activity?.hold() ?? (() => {});
    this.#attached.set(plugin.name, { plugin, release });
    this.#connected.add(plugin);
    const { pid } = plugin.reattach;
    this.options.log.info("Plugin attached", { plugin: plugin.name, pid });
    void plugin.ended.then(() => {
      this.#connected.delete(plugin);
      this.#forget(plugin);
      this.options.log.info("Disconnected from the attached plugin", { plugin: plugin.name, pid });
    });
  }

  #forget(plugin: AttachedPlugin): void {
    const entry = this.#attached.get(plugin.name);
    if (entry?.plugin !== plugin) return;
    this.#attached.delete(plugin.name);
    entry.release();
  }

  #same(reattach: Reattach): AttachedPlugin | undefined {
    return this.list().find((plugin) => isDeepStrictEqual(plugin.reattach, reattach));
  }

  #refuseTwice({ name, drivers }: AttachedPlugin): void {
    const namesake = this.#attached.get(name)?.plugin;
    if (namesake) throw alreadyAttached(`The name ${name}`, namesake.name, namesake.reattach.pid);
    for (const driver of drivers) {
      const owner = this.withDriver(driver);
      if (owner) throw alreadyAttached(`The driver ${driver}`, owner.name, owner.reattach.pid);
    }
  }
}
