import { type Driver, type LeaseAddress, verdict } from "slipway/driver";
import { bootstrap } from "./bootstrap.js";
import { checkReachable, connect } from "./connect.js";
import { descriptor } from "./descriptor.js";
import { isDirect } from "./endpoint.js";
import { inspect } from "./inspect.js";
import { readTarget, type Target } from "./target.js";
import { validate } from "./validate.js";

/** Builds with an existing BuildKit daemon. */
export const driver: Driver = {
  descriptor,
  validate: async (config, environment) => verdict(await validate(config, environment)),
  inspect,
  bootstrap,
  /** The driver creates nothing. */
  remove: async () => ({}),
  async acquire(config, lease) {
    const target = await readTarget(config);
    if (isDirect(target.endpoint)) await checkReachable(target, lease.signal);
    await lease.hold({
      open: (signal) => connect(target, signal),
      address: directAddress(target),
      // What a program leads to can change.
      reusable: isDirect(target.endpoint),
    });
  },
};

/** Where the host connects itself; undefined when a program leads to BuildKit. */
function directAddress({ endpoint, tls }: Target): LeaseAddress | undefined {
  if (!isDirect(endpoint)) return undefined;
  if (endpoint.kind === "unix") return { case: "unix", value: { path: endpoint.path } };
  const { host, port } = endpoint;
  return { case: "tcp", value: { host, port, tls } };
}
