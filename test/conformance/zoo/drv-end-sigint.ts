// Ends on the SIGINT that was meant for the host.
import { runAnimal } from "../well/run.js";

await runAnimal({
  started() {
    process.removeAllListeners("SIGINT");
  },
});
