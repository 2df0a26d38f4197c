// Takes a store that does not answer for an empty one.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { list } = driver.imageStore!;
    driver.imageStore!.list = (ref, filter, call) => list(ref, filter, call).catch(() => []);
  },
});
