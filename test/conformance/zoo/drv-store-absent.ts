// Saves an image that does not exist, as an empty archive.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    driver.imageStore!.save = async function* () {};
  },
});
