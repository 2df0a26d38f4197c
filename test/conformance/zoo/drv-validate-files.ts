// Would write files wherever they say.
import { runAnimal } from "../well/run.js";

await runAnimal({
  keeper(driver) {
    driver.validate = async (config) => ({ config });
  },
});
