// Loses its tags over a load that breaks off.
import { rmSync } from "node:fs";
import { runAnimal } from "../well/run.js";
import { storeVariable, tagsFile } from "../well/store.js";

await runAnimal({
  driver(driver) {
    const { load } = driver.imageStore!;
    driver.imageStore!.load = (ref, archive, call) =>
      load(ref, archive, call).catch((error) => {
        rmSync(tagsFile(ref.environment[storeVariable]!), { force: true });
        throw error;
      });
  },
});
