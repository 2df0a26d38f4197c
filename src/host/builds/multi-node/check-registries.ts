import { Code } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import type { NodeConfig } from "../../../gen/slipway/driver/v1/node_pb.js";
import { ownMachineFault } from "../../base/own-machine.js";
import type { MergedPush } from "./merged-push.js";
import { isConfigured } from "./registry-settings.js";

/**
 * Refuses a push by the host itself, for a client on another machine, to a registry on the host's own machine:
 * PERMISSION_DENIED, reason LOCAL_ONLY. A registry that the builder's buildkitd.toml has settings for is allowed.
 */
export async function checkRegistries(
  { targets }: MergedPush,
  configs: readonly NodeConfig[],
): Promise<void> {
  for (const domain of new Set(targets.map((target) => target.domain))) {
    if (isConfigured(configs, domain)) continue;
    const why = await ownMachineFault(new URL(`http://${domain}`).hostname);
    if (!why) continue;
    const message = `The host does not push to the registry ${domain} for clients on other machines. ${why}`;
    throw typedError({
      code: Code.PermissionDenied,
      reason: "LOCAL_ONLY",
      message,
      fields: [{ field: "spec.tags", message, reason: "LOCAL_ONLY" }],
      remedy:
        "Use another registry or a builder with one node, or have an admin list the registry in the builder's buildkitd.toml.",
    });
  }
}
