// Its errors are only texts.
import { Code, ConnectError } from "@connectrpc/connect";
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: () => ({
    inspect() {
      throw new ConnectError("no", Code.NotFound);
    },
  }),
});
