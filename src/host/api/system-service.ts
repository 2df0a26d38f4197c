import type { ServiceImpl } from "@connectrpc/connect";
import type { SystemService } from "../../gen/slipway/v1/system_pb.js";
import { maxSecretBytes } from "../../inputs/secret.js";
import { version } from "../../util/version.js";
import { callerOf, requireLocal } from "../access/caller.js";
import { buildxVariables } from "../builders/buildx-instances.js";
import type { Builds } from "../builds/builds.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { capabilitiesFor, requireCapabilities } from "./host-capabilities.js";
import { maxChunkBytes, maxMessageBytes } from "./limits.js";

/** What the system service uses. */
export interface SystemServiceOptions {
  builds: Builds;
  plugins: PluginManager;
  /** Ends the host after the call has been answered. */
  shutdown(options: { force: boolean }): void;
}

/** slipway.v1.SystemService. */
export function systemService({
  builds,
  plugins,
  shutdown,
}: SystemServiceOptions): ServiceImpl<typeof SystemService> {
  return {
    async negotiate({ requiredCapabilities }, context) {
      const drivers = await plugins.describe();
      const wanted = drivers.flatMap(({ descriptor }) => descriptor.environmentVariables);
      const variables = [...new Set([...wanted, ...buildxVariables])];
      const isLocal = callerOf(context).transport === "unix";
      const capabilities = capabilitiesFor({ isLocal }, variables);
      requireCapabilities(requiredCapabilities, capabilities);
      return {
        host: { name: "slipway", version },
        capabilities,
        limits: {
          maxMessageBytes: BigInt(maxMessageBytes),
          maxSecretBytes: BigInt(maxSecretBytes),
          maxChunkBytes: BigInt(maxChunkBytes),
        },
      };
    },
    async shutdown({ force }, context) {
      requireLocal(context, "");
      shutdown({ force });
      return { runningBuilds: builds.running };
    },
  };
}
