// Refuses other values of :authority than localhost.
import { Code, driverError } from "../../../src/driver/index.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ handshake }) => ({
    handshake(request, context) {
      if (new URL(context.url).hostname === "localhost") return handshake(request, context);
      throw driverError({
        code: Code.PermissionDenied,
        reason: "NAME_UNKNOWN",
        message: "The name is unknown.",
      });
    },
  }),
});
