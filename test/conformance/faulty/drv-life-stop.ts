// Fails to stop a stopped node.
import { Code, driverError, NodeState } from "../../../src/driver/index.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { inspect, stop } = driver;
    driver.stop = async (config, call) => {
      const { state } = await inspect(config, call);
      if (state === NodeState.RUNNING) return stop!(config, call);
      throw driverError({
        code: Code.FailedPrecondition,
        reason: "NOT_RUNNING",
        message: "The node does not run.",
      });
    };
  },
});
