// Leases only for purposes that it knows.
import { Code, driverError } from "../../../src/driver/index.js";
import { LeasePurpose } from "../../../src/gen/slipway/driver/v1/driver_pb.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ acquire }) => ({
    acquire(request, context) {
      if (LeasePurpose[request.context!.purpose]) return acquire(request, context);
      const message = "The purpose is unknown.";
      throw driverError({ code: Code.InvalidArgument, reason: "PURPOSE_UNKNOWN", message });
    },
  }),
});
