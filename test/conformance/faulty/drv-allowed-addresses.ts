// Resolves the name of an endpoint although it may connect to the allowed addresses only.
import { connectOnce } from "../conforming/driver.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  otherDriver(driver) {
    const { inspect } = driver;
    driver.inspect = async (config, call) => {
      if (config.endpoint) await connectOnce(config.endpoint);
      return inspect({ ...config, endpoint: "" }, call);
    };
  },
});
