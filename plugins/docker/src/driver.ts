import { Code, type DialEndpoint, type Driver, driverError, verdict } from "slipway/driver";
import { withEngine } from "../../engine/src/api.js";
import { locateEngine } from "../../engine/src/engine.js";
import { descriptor } from "./descriptor.js";
import { speaksGrpc } from "./direct.js";
import { connectGrpc } from "./grpc.js";
import { imageStore } from "./image-store/image-store.js";
import { implicitBuilders } from "./implicit-builders.js";
import { inspect, look } from "./inspect.js";
import { validate } from "./validate.js";

/** Builds with the BuildKit inside a Docker Engine. */
export const driver: Driver = {
  descriptor,
  implicitBuilders,
  validate: async (config, environment) => verdict(await validate(config, environment)),
  inspect,
  /** Nothing to start; checks that BuildKit can be dialled. */
  async bootstrap(config, { signal }) {
    const status = await look(config, signal);
    const stream = await connect(config.endpoint, signal);
    stream.destroy();
    return status;
  },
  remove: async ({ builder }) => {
    throw driverError({
      code: Code.Unimplemented,
      reason: "BUILDER_IMPLICIT",
      message: `The builder "${builder}" stands for a Docker context and cannot be removed.`,
      remedy: `Run \`docker context rm ${builder}\` to remove the context.`,
    });
  },
  connect: ({ endpoint }, { signal }) => connect(endpoint, signal),
  async endpoint({ endpoint }, { signal }): Promise<DialEndpoint | undefined> {
    const address = await locateEngine(endpoint);
    if (address.target.kind !== "unix") return undefined;
    const { path } = address.target;
    const direct = await withEngine(address, signal, (engine) => speaksGrpc(engine, signal));
    return direct ? { case: "unix", value: { path } } : undefined;
  },
  imageStore,
};

async function connect(endpoint: string, signal: AbortSignal) {
  return connectGrpc(await locateEngine(endpoint), signal);
}
