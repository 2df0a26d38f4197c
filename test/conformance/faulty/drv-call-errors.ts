// Returns errors without details.
import { Code, ConnectError } from "@connectrpc/connect";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: () => ({
    inspect() {
      throw new ConnectError("no", Code.NotFound);
    },
  }),
});
