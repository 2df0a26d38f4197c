// Keeps a call's configuration in a variable that all calls share.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { validate } = driver;
    let current: Parameters<typeof validate>[0];
    driver.validate = async (config, environment, call) => {
      current = config;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return validate(current, environment, call);
    };
  },
});
