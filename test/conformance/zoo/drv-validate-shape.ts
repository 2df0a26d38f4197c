// Its reasons are sentences.
import { runAnimal } from "../well/run.js";

await runAnimal({
  validated({ diagnostics }) {
    for (const one of diagnostics) one.reason = "You got it wrong.";
  },
});
