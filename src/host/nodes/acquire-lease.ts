import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { ProgressSchema } from "../../gen/slipway/common/v1/progress_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { type AcquireOptions, Lease, type LeasePlan, type LeasingDriver } from "../../plugin-client/lease.js";
import { ownAddressFault } from "../base/own-machine.js";

/** Time between two attempts to get a lease that is not being drained, in milliseconds. */
const pauseMs = 1_000;
/** Most attempts. */
const maxAttempts = 30;

/** The step while the driver leases what it drains. */
const waiting = { id: "draining", name: "Waiting for a node that is not being drained" };

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
  const refuse = config.allowedAddresses && ownAddressFault;
  let why = "";
  for (let attempt = 1; ; attempt++) {
    const lease = await Lease.acquire(plugin, config, plan, { credentials, signal, onProgress, refuse });
    if (!lease.draining.aborted) {
      if (attempt > 1) onProgress(create(ProgressSchema, { ...waiting, done: true }));
      return lease;
    }
    lease.release();
    if (attempt === maxAttempts) throw lease.draining.reason;
    const { rawMessage } = ConnectError.from(lease.draining.reason);
    // The reason is the same at most attempts.
    onProgress(create(ProgressSchema, { ...waiting, log: rawMessage === why ? "" : `${rawMessage}\n` }));
    why = rawMessage;
    await sleep(pauseMs, undefined, { signal });
  }
}
