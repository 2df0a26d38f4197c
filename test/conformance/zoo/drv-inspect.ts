// Knows its nodes only as long as the process lives.
import { NodeState } from "../../../src/driver/index.js";
import { runAnimal } from "../well/run.js";

const own = new Set<string>();
await runAnimal({
  driver(driver) {
    const { bootstrap, inspect } = driver;
    driver.bootstrap = (config, call) => {
      own.add(config.node);
      return bootstrap(config, call);
    };
    driver.inspect = async (config, call) =>
      own.has(config.node)
        ? inspect(config, call)
        : { state: NodeState.ABSENT, reason: "never heard of it", reasonCode: "NODE_ABSENT" };
  },
});
