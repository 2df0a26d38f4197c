import { create } from "@bufbuild/protobuf";
import { type Plugin, PluginSchema, PluginState } from "../../../gen/slipway/v1/plugin_pb.js";
import type { Reattach } from "../../../plugin-protocol/reattach.js";
import { reportOf } from "../describe-plugin.js";
import type { RunningPlugin } from "../running-plugin.js";

/** A plugin that its author runs and has attached. The host only connects to it and disconnects. */
export class AttachedPlugin {
  #users = 0;
  #isDetached = false;

  constructor(
    readonly reattach: Reattach,
    private readonly process: RunningPlugin,
  ) {}

  get name(): string {
    return this.process.name;
  }

  /** Names of its drivers. */
  get drivers(): string[] {
    return this.known.drivers.map(({ name }) => name);
  }

  /** Its answer to Handshake. */
  get known() {
    return this.process.handshake;
  }

  /** Takes the plugin into use. The caller must call {@link release} once. */
  async use(): Promise<RunningPlugin> {
    this.#users += 1;
    return this.process;
  }

  /** Ends one {@link use}. */
  release(): void {
    this.#users -= 1;
    this.#leaveUnused();
  }

  /** Resolves when the host is disconnected: the plugin has ended, or was left. */
  get ended(): Promise<unknown> {
    return this.process.ended;
  }

  /** Disconnects when the last user has released it. */
  detach(): void {
    this.#isDetached = true;
    this.#leaveUnused();
  }

  /** Disconnects; uses end with PLUGIN_STOPPED. */
  close(): Promise<void> {
    return this.process.stop();
  }

  /** The plugin, for ListPlugins. */
  describe(): Plugin {
    const { plugin: info, policyLanguages } = this.known;
    const { pid, network, address } = this.reattach;
    return create(PluginSchema, {
      name: this.name,
      version: info?.peer?.version,
      state: PluginState.ATTACHED,
      drivers: this.drivers,
      policyLanguages,
      address: `${network}://${address}`,
      pid,
      report: info && reportOf(info),
    });
  }

  #leaveUnused(): void {
    if (this.#isDetached && this.#users === 0) void this.process.stop();
  }
}
