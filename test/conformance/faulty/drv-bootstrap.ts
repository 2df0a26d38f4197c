// Sends the status before the progress.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ bootstrap }) => ({
    async *bootstrap(request, context) {
      const messages = [];
      for await (const message of bootstrap(request, context)) messages.unshift(message);
      yield* messages;
    },
  }),
});
