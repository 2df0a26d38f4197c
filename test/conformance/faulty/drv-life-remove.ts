// Reports that it removed a node, but keeps it.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    driver.remove = async (config) => ({ removed: [config.node] });
  },
});
