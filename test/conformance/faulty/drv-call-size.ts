// Announces a limit of 64 MiB, but accepts only 1 MiB.
import { Code, ConnectError } from "@connectrpc/connect";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ validate }) => ({
    validate(request, context) {
      for (const { length } of Object.values(request.config?.daemonFiles ?? {})) {
        if (length > 1 << 20) throw new ConnectError("too much", Code.ResourceExhausted);
      }
      return validate(request, context);
    },
  }),
});
