// Ignores SIGTERM.
import { runAnimal } from "../well/run.js";

await runAnimal({
  started() {
    process.removeAllListeners("SIGTERM").on("SIGTERM", () => {});
  },
});
