// Dials nothing at all.
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: () => ({
    dial: () => ({ endpoint: { case: "unix", value: { path: "/nonexistent/buildkitd.sock" } } }),
  }),
});
