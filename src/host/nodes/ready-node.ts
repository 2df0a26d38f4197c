import { Code, type ConnectError } from "@connectrpc/connect";
import type { BuildkitClient } from "../../buildkit/client.js";
import { typedError } from "../../errors/typed-error.js";
import type { WorkerRecord } from "../../gen/moby/buildkit/v1/types/worker_pb.js";
import { LeasePurpose } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { AcquireOptions, Lease } from "../../plugin-client/lease.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { closeAll } from "../../util/close-all.js";
import { acquireLease } from "./acquire-lease.js";
import { explainFailure } from "./explain-failure.js";
import { imageCredentials } from "./image-credentials.js";
import type { OpenOptions, RunningNode } from "./running-node.js";

/** How long BuildKit may take for its first answer, in milliseconds. */
const answerMs = 20_000;

const never = new AbortController().signal;

/** A node whose BuildKit is leased and answers. Closing it releases the lease. */
export interface ReadyNode extends RunningNode {
  workers: WorkerRecord[];
  lease: Lease;
  client: BuildkitClient;
}

/** Leases the BuildKit of a node, connects to it and lists its workers. Closes the node on failure. */
export async function connectNode(node: RunningNode, options: OpenOptions): Promise<ReadyNode> {
  const { plugin, config } = node;
  const { lease: plan = { purpose: LeasePurpose.INSPECT }, signal } = options;
  let lease: Lease | undefined;
  let client: BuildkitClient | undefined;
  const close = () => closeAll([() => client?.close(), () => lease?.release(), () => node.close()]);
  try {
    if (hasCapability(plugin.descriptor, capabilityIds.nativeBuild)) throw noBuildkit(plugin.descriptor.name);
    lease = await acquireLease(plugin, config, plan, await acquisition(node, options));
    client = lease.connect();
    const timeoutMs = plugin.isAttached ? undefined : answerMs;
    const { record: workers } = await client.control.listWorkers({}, { signal, timeoutMs });
    return { ...node, workers, lease, client, close };
  } catch (cause) {
    const reason = await explainFailure(plugin, config, cause, { lost: lease?.lost });
    await close();
    throw reason;
  }
}

/** How the lease is acquired: with the logins for what the driver pulls for it. */
async function acquisition(
  { status }: RunningNode,
  { credentials = [], signal, onProgress = () => {} }: OpenOptions,
): Promise<AcquireOptions> {
  const found = await imageCredentials(status.imageRegistries, credentials, onProgress, signal ?? never);
  return { credentials: found, signal, onProgress };
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
