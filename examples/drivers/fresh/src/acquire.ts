import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, driverError, type Lease, type NodeConfig, openSocket } from "slipway/driver";
import { Daemon } from "./daemon.js";
import { inspect } from "./node.js";

/** Starts a BuildKit, leases it, and ends it with the lease. */
export async function acquire(config: NodeConfig, lease: Lease): Promise<void> {
  const { reason, message, remedy } = inspect(config);
  if (message) throw driverError({ code: Code.Unavailable, reason: reason!, message, remedy });
  const step = { id: "start", name: "starting buildkitd" };
  lease.progress(step);
  const daemon = await Daemon.start(config);
  try {
    const died = daemon.died.then((log) => {
      throw driverError({
        code: Code.Unavailable,
        reason: "FRESH_BUILDKITD_ENDED",
        message: `The BuildKit of the lease has ended. The end of its log:\n${log}`,
      });
    });
    died.catch(() => {}); // The races below handle it, as long as there is one.
    await Promise.race([died, untilItListens(daemon.socket, lease.signal)]);
    lease.progress({ ...step, done: true });
    await lease.offer({
      open: (signal) => open(daemon.socket, signal),
      address: { case: "unix", value: { path: daemon.socket } },
    });
    await Promise.race([died, lease.released]);
  } finally {
    await daemon.end();
  }
}

function open(path: string, signal: AbortSignal) {
  return openSocket(connect({ path, allowHalfOpen: true }), "connect", signal);
}

/** A buildkitd listens when it can build. */
async function untilItListens(socket: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const connection = await open(socket, signal).catch(() => undefined);
    connection?.destroy();
    if (connection) return;
    await sleep(50, undefined, { signal });
  }
}
