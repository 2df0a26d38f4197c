// Advertises Stop without serving it.
import { Code, ConnectError } from "@connectrpc/connect";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: () => ({
    stop() {
      throw new ConnectError("not yet", Code.Unimplemented);
    },
  }),
});
