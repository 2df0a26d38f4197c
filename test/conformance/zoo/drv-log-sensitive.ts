// Logs every configuration, with the secrets in it.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { inspect } = driver;
    driver.inspect = (config, call) => {
      console.error(`inspecting ${JSON.stringify(config.options)}`);
      return inspect(config, call);
    };
  },
});
