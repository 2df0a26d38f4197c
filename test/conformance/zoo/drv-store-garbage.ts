// Falls over an archive that it cannot read.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    driver.imageStore!.load = async () => {
      throw new TypeError("cannot read properties of undefined");
    };
  },
});
