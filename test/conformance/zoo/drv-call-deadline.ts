// Goes on when its caller has left long ago.
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: ({ bootstrap }) => ({
    async *bootstrap(request, context) {
      if (context.timeoutMs() !== undefined) await new Promise((resolve) => setTimeout(resolve, 30_000));
      yield* bootstrap(request, context);
    },
  }),
});
