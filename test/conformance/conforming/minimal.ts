// Has only what every driver must have: no capabilities, no options.
import { EndpointUse, validateNode, verdict } from "../../../src/driver/index.js";
import { serveWithFault } from "./serve-with-fault.js";

await serveWithFault({
  alone: true,
  driver(driver) {
    const own = {
      name: "sample",
      title: "A minimal driver",
      capabilities: [],
      endpoint: { use: EndpointUse.FORBIDDEN },
    };
    driver.descriptor = own;
    driver.validate = async (config) => verdict(validateNode(own, config));
  },
});
