// Forbids endpoints, and takes them all the same.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { validate } = driver;
    driver.validate = (config, environment, call) => validate({ ...config, endpoint: "" }, environment, call);
  },
});
