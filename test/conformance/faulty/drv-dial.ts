// Returns an endpoint that does not exist.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: () => ({
    dial: () => ({ endpoint: { case: "unix", value: { path: "/nonexistent/buildkitd.sock" } } }),
  }),
});
