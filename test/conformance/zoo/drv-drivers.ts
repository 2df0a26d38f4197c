// Reads the configurations of both drivers by one schema.
import { runAnimal } from "../well/run.js";

await runAnimal({
  keeper(driver) {
    driver.validate = async (config) => ({ config });
  },
});
