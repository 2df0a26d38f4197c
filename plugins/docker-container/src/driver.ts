import { type Driver, verdict } from "slipway/driver";
import { leadsToOneEngine } from "../../engine/src/engine.js";
import { bootstrap } from "./bootstrap.js";
import { connect } from "./connect.js";
import { descriptor } from "./descriptor.js";
import { inspect } from "./inspect.js";
import { remove } from "./remove.js";
import { stop } from "./stop.js";
import { validate } from "./validate.js";

/** Builds with a BuildKit in a container of a Docker Engine. */
export const driver: Driver = {
  descriptor,
  validate: async (config, environment) => verdict(await validate(config, environment)),
  bootstrap,
  inspect,
  stop,
  remove,
  acquire: (config, lease) =>
    lease.hold({
      open: (signal) => connect(config, { signal }),
      reusable: leadsToOneEngine(config.endpoint),
    }),
};
