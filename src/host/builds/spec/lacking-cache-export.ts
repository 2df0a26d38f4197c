import { readTypedError } from "../../../errors/typed-error.js";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { BuilderRecord } from "../../../gen/slipway/state/v1/builder_record_pb.js";
import type { Nodes } from "../../nodes/nodes.js";
import { cachesOf } from "./caches.js";
import { Features } from "./features.js";

/** How long the node may take to say what it supports, in milliseconds. */
const inspectMs = 5_000;

/**
 * The error for a specification that is invalid: when it is about an exported cache and the builder's first node cannot
 * export it at all, that comes first, since no attribute helps then.
 * @param resolve finds the builder
 */
export async function lackingCacheExport(
  cause: unknown,
  spec: BuildSpec,
  nodes: Nodes,
  resolve: () => Promise<BuilderRecord>,
): Promise<unknown> {
  const { fields = [] } = readTypedError(cause);
  if (!fields.some(({ field }) => field.startsWith("spec.cache_to["))) return cause;
  const found = await inspectFirst(nodes, resolve).catch(() => undefined);
  if (!found) return cause;
  const { driver, status } = found;
  try {
    cachesOf(spec, [], status.buildDefaults, new Features(driver, status));
    return cause;
  } catch (lacking) {
    return lacking;
  }
}

async function inspectFirst(nodes: Nodes, resolve: () => Promise<BuilderRecord>) {
  const { driver, nodes: configs } = await resolve();
  const [first] = configs;
  return first && { driver, status: await nodes.inspect(driver, first, AbortSignal.timeout(inspectMs)) };
}
