import type { Duplex } from "node:stream";
import type { Lease } from "slipway/driver";
import type { Target } from "../cluster/open.js";
import { openPod } from "../dial/connect.js";
import type { HeldWorker } from "./held-worker.js";
import { poolOf } from "./pool.js";

/** Leases a worker of a pool until the host releases it or the worker is lost. */
export async function acquireWorker(target: Target, lease: Lease): Promise<void> {
  const pool = poolOf(target);
  const held = await pool.acquire(lease);
  try {
    await lease.offer({ open: (signal) => open(target, held, signal) });
    const loss = await Promise.race([held.lost, lease.released]);
    if (loss) throw loss;
  } finally {
    await pool.release(held);
  }
}

async function open(target: Target, held: HeldWorker, signal: AbortSignal): Promise<Duplex> {
  const stream = await openPod(target, held.pod, signal);
  stream.explain = () => held.explain();
  const onLoss = held.lost.then((loss) => stream.destroy(new Error(loss.rawMessage)));
  onLoss.catch(() => {});
  return stream;
}
