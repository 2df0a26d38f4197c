// Advertises Stop, and does not have it.
import { Code, ConnectError } from "@connectrpc/connect";
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: () => ({
    stop() {
      throw new ConnectError("not yet", Code.Unimplemented);
    },
  }),
});
