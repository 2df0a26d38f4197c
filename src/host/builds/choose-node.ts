import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuildSpec } from "../../gen/slipway/v1/build_spec_pb.js";
import type { Builder } from "../../gen/slipway/v1/builder_pb.js";
import { configsOf } from "../builders/node-configs.js";
import { platformsOf } from "./spec/frontend.js";

/** The node that builds: the first one pinned to the platforms asked for, else the first one. */
export function chooseNode(builder: Builder, spec: BuildSpec): NodeConfig {
  const configs = configsOf(builder);
  const wanted = platformsOf(spec);
  const pinned = configs.find(
    ({ platforms }) => wanted.length > 0 && wanted.every((platform) => platforms.includes(platform)),
  );
  const chosen = pinned ?? configs[0];
  if (chosen) return chosen;
  const message = `builder ${builder.name} has no nodes`;
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "BUILDER_EMPTY",
    message,
    remedy: "append a node to it",
  });
}
