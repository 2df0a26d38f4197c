import { OptionType } from "../gen/slipway/common/v1/option_pb.js";
import type { NodeConfig } from "../gen/slipway/driver/v1/node_pb.js";

/** buildx's option "default-load", for drivers whose results are not in an image store by themselves. */
export const defaultLoadOption = {
  name: "default-load",
  type: OptionType.BOOL,
  defaultValue: "false",
  description: "Load the result into the image store when a build names no output.",
};

/** NodeStatus.build_defaults of a node with {@link defaultLoadOption}. */
export function buildDefaultsOf({ options }: NodeConfig): { loadByDefault: boolean } {
  return { loadByDefault: options["default-load"] === "true" };
}
