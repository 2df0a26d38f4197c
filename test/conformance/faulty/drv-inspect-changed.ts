// Puts changed values into changed_fields.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
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
