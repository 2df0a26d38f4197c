// Keeps its nodes only in memory.
import { NodeState } from "../../../src/driver/index.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

const own = new Set<string>();
await serveWithFault({
  driver(driver) {
    const { bootstrap, inspect } = driver;
    driver.bootstrap = (config, call) => {
      own.add(config.node);
      return bootstrap(config, call);
    };
    driver.inspect = async (config, call) =>
      own.has(config.node)
        ? inspect(config, call)
        : { state: NodeState.ABSENT, message: "The node is unknown.", reason: "NODE_ABSENT" };
  },
});
