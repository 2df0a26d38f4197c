// Takes a deprecated option in silence.
import { runAnimal } from "../well/run.js";

await runAnimal({
  validated(answer) {
    answer.diagnostics = answer.diagnostics.filter(({ reason }) => reason !== "OPTION_DEPRECATED");
  },
});
