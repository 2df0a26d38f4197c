// Accepts files for a daemon that it does not start.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { validate } = driver;
    driver.validate = (config, environment, call) =>
      validate({ ...config, daemonFiles: {} }, environment, call);
  },
});
