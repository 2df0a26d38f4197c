// Tells the values that changed, of which some are nobody's business.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { inspect } = driver;
    driver.inspect = async (config, call) => {
      const status = await inspect(config, call);
      const changedFields = (status.changedFields ?? []).map((path) => {
        const name = /^options\[(.*)\]$/.exec(path)?.[1] ?? "";
        return `${path}=${config.options[name]}`;
      });
      return { ...status, changedFields };
    };
  },
});
