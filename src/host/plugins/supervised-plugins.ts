import { type Candidate, discover, type FoundPlugin, type SearchFolder, thisMachine } from "./discovery.js";
import type { PluginInstallation } from "./install/installation.js";
import { PluginSupervisor, type SupervisorOptions } from "./plugin-supervisor.js";

/** Where plugins are searched for, and how they are run. */
export interface SupervisedOptions extends SupervisorOptions {
  /** Search folders; see `pluginSearchPath`. */
  searchPath: SearchFolder[];
  /** The user's installed plugins with their lock file; none when absent. */
  installation?: PluginInstallation;
}

/** The plugins in the search folders. Each usable one has a supervisor. */
export class SupervisedPlugins {
  #supervisors = new Map<string, { identity: string; supervisor: PluginSupervisor }>();
  #found: readonly Candidate[] = [];

  constructor(private readonly options: SupervisedOptions) {}

  /** The plugins in search order, usable or not. */
  list(): readonly Candidate[] {
    return this.#found;
  }

  /** The plugin with a name; of several, the usable one. */
  find(name: string): Candidate | undefined {
    const namesakes = this.#found.filter((other) => other.name === name);
    return namesakes.find(({ state }) => state === "usable") ?? namesakes[0];
  }

  /** The supervisor of a usable plugin. */
  supervisor(name: string): PluginSupervisor | undefined {
    return this.#supervisors.get(name)?.supervisor;
  }

  /** Searches for plugins. Unchanged ones keep running; the process of a changed one stops with its last user. */
  async search(): Promise<void> {
    const lock = await this.options.installation?.read();
    const found = await discover(this.options.searchPath, thisMachine, lock);
    const before = this.#supervisors;
    this.#supervisors = new Map();
    for (const candidate of found) {
      if (candidate.state !== "usable") continue;
      const identity = identityOf(candidate);
      const known = before.get(candidate.name);
      const supervisor =
        known?.identity === identity ? known.supervisor : new PluginSupervisor(candidate, this.options);
      this.#supervisors.set(candidate.name, { identity, supervisor });
    }
    this.#found = found;
    const kept = new Set([...this.#supervisors.values()].map(({ supervisor }) => supervisor));
    for (const { supervisor } of before.values()) if (!kept.has(supervisor)) supervisor.retire();
  }

  /** Stops all processes permanently. */
  async close(): Promise<void> {
    await Promise.all([...this.#supervisors.values()].map(({ supervisor }) => supervisor.close()));
  }
}

/** Equal for a plugin that has not changed. */
function identityOf({ manifest, folder, locked }: FoundPlugin): string {
  return JSON.stringify([folder, { ...manifest, checksums: [...manifest.checksums] }, locked]);
}
