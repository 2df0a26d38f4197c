// Announces draining with a reason that is not for programs.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ acquire }) => ({
    async *acquire(request, context) {
      yield { event: { case: "draining", value: { reason: "it is full", message: "The node is full." } } };
      yield* acquire(request, context);
    },
  }),
});
