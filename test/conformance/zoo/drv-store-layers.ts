// Says that it has every layer.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    driver.imageStore!.findLayers = async (_ref, layers) => layers;
  },
});
