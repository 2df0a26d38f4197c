// Lets a running node run, whatever it was made with.
import { NodeState } from "../../../src/driver/index.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { bootstrap, inspect } = driver;
    driver.bootstrap = async (config, call) => {
      const status = await inspect(config, call);
      return status.state === NodeState.RUNNING ? status : bootstrap(config, call);
    };
  },
});
