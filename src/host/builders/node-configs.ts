import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { Builder } from "../../gen/slipway/v1/builder_pb.js";

/** The configurations of a builder's nodes, in order. */
export function configsOf(builder: Builder): NodeConfig[] {
  return builder.nodes.flatMap(({ config }) => (config ? [config] : []));
}
