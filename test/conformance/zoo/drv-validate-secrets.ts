// Shows the value of a secret that it does not like.
import { runAnimal } from "../well/run.js";

await runAnimal({
  validated({ diagnostics }, { options }) {
    for (const one of diagnostics) one.message = `cannot use ${options.secret}`;
  },
});
