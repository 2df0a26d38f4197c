// Ignores the deadline of a call.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ bootstrap }) => ({
    async *bootstrap(request, context) {
      if (context.timeoutMs() !== undefined) await new Promise((resolve) => setTimeout(resolve, 30_000));
      yield* bootstrap(request, context);
    },
  }),
});
