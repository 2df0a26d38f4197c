// Its tunnels break at once.
import { Code, ConnectError } from "@connectrpc/connect";
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: () => ({
    // biome-ignore lint/correctness/useYield: it breaks before.
    async *tunnel() {
      throw new ConnectError("the tunnel has fallen in", Code.Unavailable);
    },
  }),
});
