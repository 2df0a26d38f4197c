// Stops a node only once.
import { Code, driverError, NodeState } from "../../../src/driver/index.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { inspect, stop } = driver;
    driver.stop = async (config, call) => {
      const { state } = await inspect(config, call);
      if (state === NodeState.RUNNING) return stop!(config, call);
      throw driverError({ code: Code.FailedPrecondition, reason: "NOT_RUNNING", message: "it does not run" });
    };
  },
});
