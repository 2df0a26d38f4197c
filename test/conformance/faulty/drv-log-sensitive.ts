// Logs configurations with their secrets.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { inspect } = driver;
    driver.inspect = (config, call) => {
      console.error(`Inspecting ${JSON.stringify(config.options)}`);
      return inspect(config, call);
    };
  },
});
