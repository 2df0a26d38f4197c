// Waits for a request that it knows, and so until the end of the stream.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ tunnel }) => ({
    async *tunnel(requests, context) {
      for await (const request of requests) {
        if (request.part.case) yield* tunnel(requests, context);
      }
    },
  }),
});
