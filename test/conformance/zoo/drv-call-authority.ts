// Answers only those that call it by its name.
import { Code, driverError } from "../../../src/driver/index.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: ({ handshake }) => ({
    handshake(request, context) {
      if (new URL(context.url).hostname === "localhost") return handshake(request, context);
      throw driverError({ code: Code.PermissionDenied, reason: "NAME_UNKNOWN", message: "who is that?" });
    },
  }),
});
