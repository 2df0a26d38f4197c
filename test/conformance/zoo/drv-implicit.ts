// Tells a builder without a name.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    driver.implicitBuilders = async () => ({ builders: [{ config: { node: "zoo" } }] });
  },
});
