// Adds a platform when the environment lacks a variable.
import { serveWithFault } from "../conforming/serve-with-fault.js";
import { storeVariable } from "../conforming/store.js";

await serveWithFault({
  driver(driver) {
    const { validate } = driver;
    driver.validate = (config, environment, call) =>
      validate(
        environment[storeVariable] ? config : { ...config, platforms: ["linux/amd64"] },
        environment,
        call,
      );
  },
});
