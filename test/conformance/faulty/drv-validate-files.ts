// Accepts files with any path.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  otherDriver(driver) {
    driver.validate = async (config) => ({ config });
  },
});
