import { Code, type ConnectError } from "@connectrpc/connect";
import type { BuildkitClient } from "../../buildkit/client.js";
import { typedError } from "../../errors/typed-error.js";
import type { WorkerRecord } from "../../gen/moby/buildkit/v1/types/worker_pb.js";
import { dialNode } from "../../plugin-client/dial.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { explainFailure } from "./explain-failure.js";
import type { OpenOptions, RunningNode } from "./running-node.js";

/** A node whose BuildKit answers. */
export interface ReadyNode extends RunningNode {
  workers: WorkerRecord[];
  client: BuildkitClient;
}

/** Dials the BuildKit of a node and lists its workers. Closes the node on failure. */
export async function connectNode(
  node: RunningNode,
  { affinityKey, signal }: OpenOptions,
): Promise<ReadyNode> {
  const { lease, config } = node;
  let client: BuildkitClient | undefined;
  try {
    if (hasCapability(lease.descriptor, capabilityIds.nativeBuild)) throw noBuildkit(lease.descriptor.name);
    const opened = await dialNode(lease, config, { affinityKey, signal });
    client = opened;
    const { record: workers } = await opened.control.listWorkers({}, { signal });
    const close = async () => {
      await opened.close();
      await node.close();
    };
    return { ...node, workers, client: opened, close };
  } catch (cause) {
    await client?.close();
    const reason = await explainFailure(lease, config, cause);
    await node.close();
    throw reason;
  }
}

/** FAILED_PRECONDITION: the driver builds without BuildKit, and only BuildKit has caches, histories and connections. */
function noBuildkit(driver: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "FEATURE_UNSUPPORTED",
    message: `The driver ${driver} builds without BuildKit, which this operation needs.`,
    remedy: "Use a builder with another driver.",
    metadata: { capability: capabilityIds.nativeBuild },
  });
}
