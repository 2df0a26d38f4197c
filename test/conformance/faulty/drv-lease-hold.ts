// Ends the call after the first endpoint.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ acquire }) => ({
    async *acquire(request, context) {
      for await (const response of acquire(request, context)) return yield response;
    },
  }),
});
