// Leases although it has no BuildKit.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ acquire }) => ({
    async *acquire(request, context) {
      if (request.driver !== "native") return yield* acquire(request, context);
      const address = { case: "unix" as const, value: { path: "/nonexistent/buildkitd.sock" } };
      yield { event: { case: "endpoint" as const, value: { address } } };
    },
  }),
});
