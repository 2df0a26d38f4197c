import { type Driver, verdict } from "slipway/driver";
import { bootstrap } from "./bootstrap.js";
import { checkReachable, connect } from "./connect.js";
import { descriptor } from "./descriptor.js";
import { isDirect } from "./endpoint.js";
import { inspect } from "./inspect.js";
import { readTarget } from "./target.js";
import { validate } from "./validate.js";

/** Builds with an existing BuildKit daemon. */
export const driver: Driver = {
  descriptor,
  validate: async (config, environment) => verdict(await validate(config, environment)),
  inspect,
  bootstrap,
  /** The driver creates nothing. */
  remove: async () => [],
  connect: async (config, { signal }) => connect(await readTarget(config), signal),
  async endpoint(config, { signal }) {
    const target = await readTarget(config);
    const { endpoint, tls } = target;
    if (!isDirect(endpoint)) return undefined;
    await checkReachable(target, signal);
    if (endpoint.kind === "unix") return { case: "unix", value: { path: endpoint.path } };
    const { host, port } = endpoint;
    return { case: "tcp", value: { host, port, tls } };
  },
};
