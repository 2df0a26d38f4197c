import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { CapabilitySchema } from "../../gen/slipway/driver/v1/capability_pb.js";
import type { SystemService } from "../../gen/slipway/v1/system_pb.js";
import { maxSecretBytes } from "../../inputs/secret.js";
import { version } from "../../util/version.js";
import { callerOf, requireLocal } from "../base/caller.js";
import { buildxVariables } from "../builders/buildx-instances.js";
import type { Builds } from "../builds/builds.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { maxChunkBytes, maxMessageBytes } from "./limits.js";

/** What the system service acts on. */
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
      const capabilities: MessageInitShape<typeof CapabilitySchema>[] = [
        { id: "builds" },
        { id: "builds.call" },
        { id: "builders" },
        { id: "history" },
        { id: "uploads.tar" },
        { id: "uploads.manifest" },
        { id: "outputs.stream" },
        { id: "plugins.install" },
        // The variables of the user's environment that clients pass on with requests.
        { id: "environment", settings: { variables } },
        ...(callerOf(context).transport === "unix" ? [{ id: "paths.local" }] : []),
      ];
      const missing = requiredCapabilities.filter(
        (id) => !capabilities.some((capability) => capability.id === id),
      );
      if (missing.length > 0) {
        throw typedError({
          code: Code.FailedPrecondition,
          reason: "CAPABILITY_REQUIRED",
          message: `this host lacks what the client needs: ${missing.join(", ")}`,
          remedy: "update the host, or connect over its unix socket if paths.local is missing",
          fields: [{ field: "required_capabilities", message: missing.join(", ") }],
        });
      }
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
