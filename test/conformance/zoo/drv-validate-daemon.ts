// Takes files for a daemon that it does not start.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { validate } = driver;
    driver.validate = (config, environment, call) =>
      validate({ ...config, daemonFiles: {} }, environment, call);
  },
});
