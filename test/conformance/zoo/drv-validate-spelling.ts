// Leaves values as they were typed.
import { runAnimal } from "../well/run.js";

await runAnimal({
  validated({ config }, given) {
    if (config) Object.assign(config.options, given.options);
  },
});
