// Opens tunnels of leases that do not exist.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: () => ({
    async *tunnel() {
      yield { data: new Uint8Array(1) };
    },
  }),
});
