// Says that it removed a node, and keeps it.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    driver.remove = async (config) => [config.node];
  },
});
