import { type Driver, verdict } from "slipway/driver";
import { bootstrap } from "./bootstrap.js";
import { connect, reach } from "./connect.js";
import { descriptor } from "./descriptor.js";
import { isDirect } from "./endpoint.js";
import { inspect } from "./inspect.js";
import { readTarget } from "./target.js";
import { validate } from "./validate.js";

/** Builds with a BuildKit daemon that somebody else runs. */
export const driver: Driver = {
  descriptor,
  validate: async (config, environment) => verdict(await validate(config, environment)),
  inspect,
  bootstrap,
  /** Nothing was created. */
  remove: async () => [],
  connect: async (config, { signal }) => connect(await readTarget(config), signal),
  async endpoint(config, { signal }) {
    const target = await readTarget(config);
    const { endpoint, tls } = target;
    if (!isDirect(endpoint)) return undefined;
    await reach(target, signal);
    if (endpoint.kind === "unix") return { case: "unix", value: { path: endpoint.path } };
    const { host, port } = endpoint;
    return { case: "tcp", value: { host, port, tls } };
  },
};
