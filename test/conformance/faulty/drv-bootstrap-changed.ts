// Ignores a changed configuration of a running node.
import { NodeState } from "../../../src/driver/index.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { bootstrap, inspect } = driver;
    driver.bootstrap = async (config, call) => {
      const status = await inspect(config, call);
      return status.state === NodeState.RUNNING ? status : bootstrap(config, call);
    };
  },
});
