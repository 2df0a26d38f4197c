import type { DialEndpoint, Driver } from "../../../src/driver/index.js";
import { verdict } from "../../../src/driver/index.js";
import { bootstrap } from "./bootstrap.js";
import { connect } from "./connect.js";
import { descriptor } from "./descriptor.js";
import { openPlain } from "./dial/open.js";
import { isDirect } from "./endpoint.js";
import { explain } from "./explain.js";
import { inspect } from "./inspect.js";
import { answerTimeoutMs, readTarget, type Target } from "./target.js";
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
    return { case: "tcp", value: { host, port, tls } } satisfies DialEndpoint;
  },
};

/** The host verifies TLS itself; whether there is anybody at all is seen here. */
async function reach({ endpoint, ...target }: Target, signal: AbortSignal): Promise<void> {
  if (!isDirect(endpoint)) return;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs(endpoint))]);
  try {
    (await openPlain(endpoint, limited)).destroy();
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error, { endpoint, ...target });
  }
}
