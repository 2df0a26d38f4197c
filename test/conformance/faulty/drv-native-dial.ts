// Returns an endpoint although it has no BuildKit.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ dial }) => ({
    dial: (request, context) =>
      request.driver === "native"
        ? { endpoint: { case: "unix", value: { path: "/nonexistent/buildkitd.sock" } } }
        : dial(request, context),
  }),
});
