import type { NodeConfig } from "../../../gen/slipway/driver/v1/node_pb.js";
import type { RefuseAddress } from "../../../network/guarded-lookup.js";
import { ownAddressFault, ownMachineFault } from "../../base/own-machine.js";
import { isConfigured } from "../multi-node/registry-settings.js";

/** Whose build uses the registries. */
export interface TokenServerUser {
  /** The client is on the unix socket. */
  readonly isLocal: boolean;
  /** The builder's nodes. */
  readonly configs: readonly NodeConfig[];
}

/**
 * Which addresses the token server of a registry may not have: those of the host's own machine. Otherwise a registry, or a
 * BuildKit that speaks for one, could have the host call services there. The exception is a registry that is itself there,
 * or in a network that the host cannot resolve: for the local user, and if the builder's buildkitd.toml lists it.
 */
export async function refusedTokenServers(
  registry: string,
  { isLocal, configs }: TokenServerUser,
): Promise<RefuseAddress | undefined> {
  const url = `http://${registry}`;
  const isTrusted = URL.canParse(url) && (isLocal || isConfigured(configs, registry));
  if (isTrusted && (await ownMachineFault(new URL(url).hostname))) return undefined;
  return ownAddressFault;
}
