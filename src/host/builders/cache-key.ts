import { createHash } from "node:crypto";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { nodeKey } from "../nodes/node-users.js";
import type { CacheKey } from "../store/usage-records.js";

/** Identifies the build cache of a node. */
export function cacheKeyOf(driver: string, config: NodeConfig): CacheKey {
  const endpoint = createHash("sha256").update(config.endpoint).digest("base64url");
  return [nodeKey(driver, config), endpoint];
}
