// Ignores unknown options.
import { descriptor } from "../conforming/driver.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { validate } = driver;
    driver.validate = async (config, environment, call) => {
      for (const name of Object.keys(config.options)) {
        if (!descriptor.options.some((option) => option.name === name)) delete config.options[name];
      }
      return validate(config, environment, call);
    };
  },
});
