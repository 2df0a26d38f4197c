import { type Driver, verdict } from "slipway/driver";
import { bootstrap } from "./bootstrap.js";
import { openTarget } from "./cluster/open.js";
import { descriptor } from "./descriptor.js";
import { connect } from "./dial/connect.js";
import { inspect } from "./inspect.js";
import { acquireWorker } from "./pool/acquire-worker.js";
import { remove } from "./remove.js";
import { stop } from "./stop.js";
import { validate } from "./validate.js";

/** Builds with BuildKit in pods of a Kubernetes cluster. */
export const driver: Driver = {
  descriptor,
  validate: async (config, environment) => verdict(validate(config, environment)),
  bootstrap,
  inspect,
  stop,
  remove,
  acquire(config, lease) {
    const target = openTarget(config);
    if (target.settings.pool) return acquireWorker(target, lease);
    return lease.hold({ open: (signal) => connect(target, lease.context.affinityKey, signal) });
  },
};
