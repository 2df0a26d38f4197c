// Claims to have every layer.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    driver.imageStore!.findLayers = async (_ref, layers) => layers;
  },
});
