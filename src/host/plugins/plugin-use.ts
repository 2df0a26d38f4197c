import type { Client } from "@connectrpc/connect";
import type { Capability } from "../../gen/slipway/common/v1/capability_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { DriverService } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { ImageStoreService } from "../../gen/slipway/driver/v1/image_store_pb.js";
import type { NativeBuildService } from "../../gen/slipway/nativebuild/v1/native_build_pb.js";
import type { PolicyService } from "../../gen/slipway/policy/v1/policy_pb.js";
import type { RunningPlugin } from "./running-plugin.js";

/** A use of a running plugin. The process is neither stopped nor replaced until all uses are released. */
export interface ProcessUse {
  /** Name of the plugin. */
  readonly plugin: string;
  /** Aborts when the process has ended; its reason is a typed error (DRIVER_CRASHED or PLUGIN_STOPPED). */
  readonly died: AbortSignal;
  /** Ends the use; further calls do nothing. */
  release(): void;
}

/** A use of a running plugin's policy engine. */
export interface PolicyUse extends ProcessUse {
  /** What the engine can do beyond Evaluate. */
  readonly capabilities: readonly Capability[];
  /** Calls the engine. */
  readonly policies: Client<typeof PolicyService>;
}

/** A use of a running plugin for one of its drivers. */
export interface PluginUse extends ProcessUse {
  /** The driver. */
  readonly descriptor: DriverDescriptor;
  /** Its author has attached it and may stop it at a breakpoint: nothing that it carries counts as dead when silent. */
  readonly isAttached: boolean;
  /** Calls the driver. Errors keep their details; a crash of the process is DRIVER_CRASHED. */
  readonly driver: Client<typeof DriverService>;
  /** Calls the plugin's image stores. */
  readonly imageStore: Client<typeof ImageStoreService>;
  /** Calls builds that the plugin runs without BuildKit. */
  readonly nativeBuild: Client<typeof NativeBuildService>;
}

/** What has a plugin's process for its users. */
export interface PluginSource {
  /** Returns the process; rejects with a typed error. */
  use(): Promise<RunningPlugin>;
  /** Ends one {@link use}. */
  release(): void;
}

/** Takes a plugin into use for one of its drivers. */
export async function usePlugin(
  source: PluginSource,
  { plugin, driver, isAttached }: { plugin: string; driver: string; isAttached: boolean },
): Promise<PluginUse> {
  const running = await source.use();
  const descriptor = running.handshake.drivers.find(({ name }) => name === driver)!;
  return { descriptor, isAttached, ...running.clients(descriptor), ...processUse(source, plugin, running) };
}

/** Takes a plugin into use for its policy engine. */
export async function usePolicies(source: PluginSource, plugin: string): Promise<PolicyUse> {
  const running = await source.use();
  const { policyCapabilities: capabilities } = running.handshake;
  return { policies: running.policies(), capabilities, ...processUse(source, plugin, running) };
}

function processUse(source: PluginSource, plugin: string, { died }: RunningPlugin): ProcessUse {
  let released = false;
  return {
    plugin,
    died,
    release() {
      if (released) return;
      released = true;
      source.release();
    },
  };
}
