// Takes no notice of options that it does not know.
import { descriptor } from "../well/driver.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
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
