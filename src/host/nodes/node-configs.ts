import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";

/** The configurations of a builder's nodes, in order. */
export function configsOf(builder: BuilderInstance): NodeConfig[] {
  return builder.nodes.flatMap(({ config }) => (config ? [config] : []));
}

/** The configurations of a builder's nodes, at least one; FAILED_PRECONDITION, reason BUILDER_EMPTY. */
export function requireNodes(builder: BuilderInstance): NodeConfig[] {
  const configs = configsOf(builder);
  if (configs.length > 0) return configs;
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "BUILDER_EMPTY",
    message: `The builder ${builder.name} has no nodes.`,
    remedy: "Append a node to it.",
  });
}
