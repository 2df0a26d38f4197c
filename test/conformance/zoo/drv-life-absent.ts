// Cannot remove what is not there.
import { Code, driverError, NodeState } from "../../../src/driver/index.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { inspect, remove } = driver;
    driver.remove = async (config, call) => {
      const { state } = await inspect(config, call);
      if (state !== NodeState.ABSENT) return remove(config, call);
      throw driverError({ code: Code.NotFound, reason: "NODE_ABSENT", message: "there is no such node" });
    };
  },
});
