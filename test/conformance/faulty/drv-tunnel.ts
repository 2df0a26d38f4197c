// Breaks every tunnel at once.
import { Code, ConnectError } from "@connectrpc/connect";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: () => ({
    // biome-ignore lint/correctness/useYield: it breaks first.
    async *tunnel() {
      throw new ConnectError("the tunnel is broken", Code.Unavailable);
    },
  }),
});
