// Fails to remove an absent node.
import { Code, driverError, NodeState } from "../../../src/driver/index.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { inspect, remove } = driver;
    driver.remove = async (config, call) => {
      const { state } = await inspect(config, call);
      if (state !== NodeState.ABSENT) return remove(config, call);
      throw driverError({ code: Code.NotFound, reason: "NODE_ABSENT", message: "The node does not exist." });
    };
  },
});
