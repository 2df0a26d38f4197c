// Fails on concurrent calls for one node.
import { serveWithFault } from "../conforming/serve-with-fault.js";

const busy = new Set<string>();
await serveWithFault({
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
