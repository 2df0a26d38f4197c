/** A driver that starts a fresh buildkitd for each lease. Nothing of it outlives the lease. */

import { serve, validateNode, verdict } from "slipway/driver";
import { acquire } from "./acquire.js";
import { descriptor, inspect } from "./node.js";

await serve({
  name: "fresh",
  version: "0.1.0",
  drivers: [
    {
      descriptor,
      validate: async (config) => verdict(validateNode(descriptor, config)),
      inspect: async (config) => inspect(config),
      // There is nothing between leases that could be booted or removed.
      bootstrap: async (config) => inspect(config),
      remove: async () => ({}),
      acquire,
    },
  ],
});
