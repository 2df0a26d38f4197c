import type { Duplex } from "node:stream";
import { create } from "@bufbuild/protobuf";
import type { Call, Driver, LeaseEndpoint, NodeConfig } from "../src/driver/index.js";
import { LeaseContextSchema } from "../src/gen/slipway/driver/v1/driver_pb.js";

/** The endpoint that a driver offers for a lease; rejects as its `acquire` does before. The lease is never released. */
export function offered(driver: Driver, config: NodeConfig, { signal }: Call): Promise<LeaseEndpoint> {
  return new Promise((resolve, reject) => {
    const acquired = driver.acquire(config, {
      context: create(LeaseContextSchema),
      credentials: {},
      signal,
      released: new Promise(() => {}),
      async progress() {},
      drain() {},
      offer: async (endpoint) => resolve(endpoint),
      hold: async (endpoint) => resolve(endpoint),
    });
    acquired.catch(reject);
  });
}

/** Opens the stream of the endpoint that a driver offers. */
export async function openOffered(driver: Driver, config: NodeConfig, call: Call): Promise<Duplex> {
  return (await offered(driver, config, call)).open(call.signal);
}
