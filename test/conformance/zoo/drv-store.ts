// Does not say what its store is.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    driver.imageStore!.get = async () => ({});
  },
});
