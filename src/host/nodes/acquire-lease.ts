import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { ProgressSchema } from "../../gen/slipway/common/v1/progress_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { type AcquireOptions, Lease, type LeasePlan, type LeasingDriver } from "../../plugin-client/lease.js";
import type { OnProgress } from "./progress.js";

/** Time between two attempts to get a lease that is not being drained, in milliseconds. */
const pauseMs = 1_000;
/** Most attempts. */
const maxAttempts = 30;

/**
 * Acquires a lease for new work. A lease that is being drained is released and acquired again, so that the driver can
 * lease another part of the node. After some time without success it fails with the driver's reason.
 */
export async function acquireLease(
  plugin: LeasingDriver,
  config: NodeConfig,
  plan: LeasePlan,
  { credentials, signal, onProgress = () => {} }: AcquireOptions,
): Promise<Lease> {
  for (let attempt = 1; ; attempt++) {
    const lease = await Lease.acquire(plugin, config, plan, { credentials, signal, onProgress });
    if (!lease.draining.aborted) {
      if (attempt > 1) reportDraining(onProgress, true);
      return lease;
    }
    lease.release();
    if (attempt === maxAttempts) throw lease.draining.reason;
    reportDraining(onProgress, false);
    await sleep(pauseMs, undefined, { signal });
  }
}

function reportDraining(onProgress: OnProgress, done: boolean): void {
  const name = "Waiting for a node that is not being drained";
  onProgress(create(ProgressSchema, { id: "draining", name, done }));
}
