// Tells the status first, and what it did afterwards.
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: ({ bootstrap }) => ({
    async *bootstrap(request, context) {
      const messages = [];
      for await (const message of bootstrap(request, context)) messages.unshift(message);
      yield* messages;
    },
  }),
});
