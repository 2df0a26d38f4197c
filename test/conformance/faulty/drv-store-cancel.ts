// Loses its tags after an incomplete load.
import { rmSync } from "node:fs";
import { serveWithFault } from "../conforming/serve-with-fault.js";
import { storeVariable, tagsFile } from "../conforming/store.js";

await serveWithFault({
  driver(driver) {
    const { load } = driver.imageStore!;
    driver.imageStore!.load = (ref, archive, call) =>
      load(ref, archive, call).catch((error) => {
        rmSync(tagsFile(ref.environment[storeVariable]!), { force: true });
        throw error;
      });
  },
});
