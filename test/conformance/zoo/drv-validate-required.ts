// Says that an option is missing only when nothing else is wrong.
import { runAnimal } from "../well/run.js";

await runAnimal({
  validated(answer) {
    const rest = answer.diagnostics.filter(({ reason }) => reason !== "OPTION_REQUIRED");
    if (rest.length > 0) answer.diagnostics = rest;
  },
});
