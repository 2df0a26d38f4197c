// Takes any id of a lease.
import { randomUUID } from "node:crypto";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ acquire }) => ({
    acquire(request, context) {
      request.context!.leaseId = randomUUID();
      return acquire(request, context);
    },
  }),
});
