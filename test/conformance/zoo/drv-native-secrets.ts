// Logs what it is trusted with.
import { log } from "../../../src/driver/index.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  mason(driver) {
    const { build } = driver.nativeBuilder;
    driver.nativeBuilder.build = (asked, call) => {
      for (const { id, value } of asked.spec.secrets) log.info(`${id} is ${Buffer.from(value)}`);
      return build(asked, call);
    };
  },
});
