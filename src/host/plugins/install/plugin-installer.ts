import type { Plugin, PluginVerification } from "../../../gen/slipway/v1/plugin_pb.js";
import type { PluginManager } from "../plugin-manager.js";
import type { InstallRequest, PluginInstallation } from "./installation.js";
import { verifyPlugin } from "./verify-plugin.js";

/** Installs, removes, enables, disables and verifies plugins while the host runs. */
export class PluginInstaller {
  constructor(
    private readonly plugins: PluginManager,
    private readonly installation: PluginInstallation,
  ) {}

  /** Installs a plugin and starts it once; its state shows whether the start succeeded. */
  async install(request: InstallRequest): Promise<Plugin> {
    const name = await this.installation.install(request);
    await this.plugins.reload();
    return this.plugins.tryStart(name);
  }

  /** Deletes an installed plugin; NOT_FOUND, or FAILED_PRECONDITION (PLUGIN_NOT_INSTALLED). */
  async remove(name: string): Promise<void> {
    const installed = this.plugins.candidates().find((other) => other.name === name && other.locked);
    const { folder } = installed ?? this.plugins.candidate(name);
    await this.installation.remove(name, folder);
    await this.plugins.reload();
  }

  /** Enables or disables a plugin permanently. NOT_FOUND for an unknown name. */
  async setEnabled(name: string, enabled: boolean): Promise<Plugin> {
    this.plugins.candidate(name);
    await this.installation.setEnabled(name, enabled);
    await this.plugins.reload();
    return this.plugins.find(name);
  }

  /** Compares the files of plugins with the lock file and their manifests; of all plugins when no names are given. */
  async verify(names: string[]): Promise<PluginVerification[]> {
    await this.plugins.reload();
    const chosen =
      names.length > 0 ? names.map((name) => this.plugins.candidate(name)) : this.plugins.candidates();
    return Promise.all(chosen.map(verifyPlugin));
  }
}
