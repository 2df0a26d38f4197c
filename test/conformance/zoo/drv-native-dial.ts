// Dials a BuildKit that it does not have.
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: (right) => ({
    dial: (request, context) =>
      request.driver === "mason"
        ? { endpoint: { case: "unix", value: { path: "/nonexistent/buildkitd.sock" } } }
        : right.dial(request, context),
  }),
});
