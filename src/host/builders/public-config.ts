import { clone } from "@bufbuild/protobuf";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";

/** A node's configuration without the options that its driver declares as sensitive. */
export function publicConfig(config: NodeConfig, descriptor: DriverDescriptor | undefined): NodeConfig {
  const shown = clone(NodeConfigSchema, config);
  // Without the schema, secrets cannot be told apart, so no option is shown.
  if (!descriptor) shown.options = {};
  for (const option of descriptor?.options ?? []) {
    if (!option.sensitive) continue;
    const prefix = option.name.endsWith(".*") ? option.name.slice(0, -1) : undefined;
    for (const name of Object.keys(shown.options)) {
      if (name === option.name || (prefix && name.startsWith(prefix))) delete shown.options[name];
    }
  }
  return shown;
}
