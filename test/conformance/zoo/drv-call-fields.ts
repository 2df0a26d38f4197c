// Refuses what it does not know, and so every newer host.
import { Code, driverError } from "../../../src/driver/index.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: ({ validate }) => ({
    validate(request, context) {
      if (!request.$unknown) return validate(request, context);
      const message = "the request has a field that is not known";
      throw driverError({ code: Code.InvalidArgument, reason: "FIELD_UNKNOWN", message });
    },
  }),
});
