import { readTypedError } from "../errors/typed-error.js";
import { NodeState } from "../gen/slipway/common/v1/node_state_pb.js";
import type { NodeStatusInit } from "./driver.js";

/** All features that docs/driver-protocol.md names; a standalone BuildKit supports them. */
export const allFeatures: NodeStatusInit["features"] = [
  "exporter.image",
  "exporter.oci",
  "exporter.docker",
  "exporter.multiple",
  "cache.export",
  "cache.export.registry",
  "multi-platform",
  "attestations",
  "push",
  "shm-size",
  "ulimits",
  "dockerfile.without-stages",
].map((id) => ({ id, supported: true }));

/** The status of a node whose backend cannot be asked, with the error's reason and remedy. */
export function unreachable(error: unknown): NodeStatusInit {
  const { reason, message, remedy } = readTypedError(error);
  return { state: NodeState.UNREACHABLE, message, reason, remedy };
}

/** The status from an inspection. A failed inspection is also a status, unless the call was cancelled. */
export async function statusOrUnreachable(
  signal: AbortSignal,
  look: () => Promise<NodeStatusInit>,
): Promise<NodeStatusInit> {
  try {
    return await look();
  } catch (error) {
    if (signal.aborted) throw error;
    return unreachable(error);
  }
}
