// Accepts endpoints that it forbids.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { validate } = driver;
    driver.validate = (config, environment, call) => validate({ ...config, endpoint: "" }, environment, call);
  },
});
