import { Code, type Driver, driverError, type LeaseAddress, verdict } from "slipway/driver";
import type { EngineAddress } from "../../engine/src/address.js";
import { withEngine } from "../../engine/src/api.js";
import { leadsToOneEngine, locateEngine } from "../../engine/src/engine.js";
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
    const stream = await connectGrpc(await locateEngine(config.endpoint), signal);
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
  async acquire({ endpoint }, lease) {
    const address = await locateEngine(endpoint);
    await lease.hold({
      open: (signal) => connectGrpc(address, signal),
      address: await directAddress(address, lease.signal),
      reusable: leadsToOneEngine(endpoint),
    });
  },
  imageStore,
};

/** The Engine's own socket, when it speaks BuildKit's protocol without an upgrade. */
async function directAddress(address: EngineAddress, signal: AbortSignal): Promise<LeaseAddress | undefined> {
  if (address.target.kind !== "unix") return undefined;
  const { path } = address.target;
  const speaks = await withEngine(address, signal, (engine) => speaksGrpc(engine, signal));
  return speaks ? { case: "unix", value: { path } } : undefined;
}
