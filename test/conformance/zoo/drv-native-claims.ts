// Claims a field that no specification has.
import { runAnimal } from "../well/run.js";

await runAnimal({
  mason(driver) {
    const settings = { fields: ["colour"], outputs: ["tar"] };
    driver.descriptor.capabilities = [{ id: "build.native", settings }];
  },
});
