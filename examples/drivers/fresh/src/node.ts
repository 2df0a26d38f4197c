import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
  allFeatures,
  EndpointUse,
  type NodeConfig,
  NodeState,
  type NodeStatusInit,
  OptionType,
} from "slipway/driver";

/** The driver's description. */
export const descriptor = {
  name: "fresh",
  title: "A fresh BuildKit for each build",
  description: "Starts a buildkitd for each build, and deletes it with its cache afterwards.",
  capabilities: [{ id: "builders.create" }],
  endpoint: { use: EndpointUse.FORBIDDEN },
  options: [
    { name: "buildkitd", type: OptionType.PATH, description: "The daemon. Default: buildkitd in PATH." },
    { name: "runc", type: OptionType.PATH, description: "It runs the steps. Default: runc in PATH." },
  ],
};

/** The path of a program of the node; undefined when there is none. */
export function programOf({ options }: NodeConfig, name: "buildkitd" | "runc"): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = options[name] ? [options[name]] : folders.map((folder) => join(folder, name));
  return candidates.find((path) => existsSync(path));
}

/** A node runs whenever its programs are there. */
export function inspect(config: NodeConfig): NodeStatusInit {
  const missing = (["buildkitd", "runc"] as const).find((name) => !programOf(config, name));
  if (!missing) return { state: NodeState.RUNNING, features: allFeatures };
  return {
    state: NodeState.UNREACHABLE,
    message: `There is no program ${config.options[missing] ?? missing}.`,
    reason: "FRESH_PROGRAM_MISSING",
    remedy: `Install it, or give its path in the driver option ${missing}.`,
  };
}
