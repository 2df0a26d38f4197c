// Refuses unknown fields, and so every newer host.
import { Code, driverError } from "../../../src/driver/index.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ validate }) => ({
    validate(request, context) {
      if (!request.$unknown) return validate(request, context);
      const message = "The request has an unknown field.";
      throw driverError({ code: Code.InvalidArgument, reason: "FIELD_UNKNOWN", message });
    },
  }),
});
