// An animal that does nothing beyond what every driver must: no capability, no options.
import { EndpointUse, validateNode, verdict } from "../../../src/driver/index.js";
import { runAnimal } from "./run.js";

await runAnimal({
  alone: true,
  driver(driver) {
    const own = {
      name: "zoo",
      title: "A bare animal",
      capabilities: [],
      endpoint: { use: EndpointUse.FORBIDDEN },
    };
    driver.descriptor = own;
    driver.validate = async (config) => verdict(validateNode(own, config));
  },
});
