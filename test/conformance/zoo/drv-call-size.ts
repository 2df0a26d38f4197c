// Says that it takes 64 MiB, and takes one.
import { Code, ConnectError } from "@connectrpc/connect";
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: ({ validate }) => ({
    validate(request, context) {
      for (const { length } of Object.values(request.config?.daemonFiles ?? {})) {
        if (length > 1 << 20) throw new ConnectError("too much", Code.ResourceExhausted);
      }
      return validate(request, context);
    },
  }),
});
