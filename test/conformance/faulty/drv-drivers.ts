// Ignores the schema of its second driver.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  otherDriver(driver) {
    driver.validate = async (config) => ({ config });
  },
});
