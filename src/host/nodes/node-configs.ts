import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";

/** The configurations of a builder's nodes, at least one; FAILED_PRECONDITION, reason BUILDER_EMPTY. */
export function requireNodes(builder: BuilderRecord): NodeConfig[] {
  if (builder.nodes.length > 0) return builder.nodes;
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "BUILDER_EMPTY",
    message: `The builder ${builder.name} has no nodes.`,
    remedy: "Append a node to it.",
  });
}
