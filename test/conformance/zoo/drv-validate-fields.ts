// Names a field as its own code does.
import { runAnimal } from "../well/run.js";

await runAnimal({
  validated({ diagnostics }, { endpoint }) {
    if (endpoint === "") return;
    for (const one of diagnostics) one.field = one.field.replace(/^options\[(.*)\]$/, "config.options.$1");
  },
});
