// Two calls about one node fall over each other.
import { runAnimal } from "../well/run.js";

const busy = new Set<string>();
await runAnimal({
  service: ({ bootstrap }) => ({
    async *bootstrap(request, context) {
      const { node } = request.config!;
      if (busy.has(node)) throw new Error("the file exists");
      busy.add(node);
      yield* bootstrap(request, context);
      busy.delete(node);
    },
  }),
});
