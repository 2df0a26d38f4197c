// Falls over a call that is cancelled.
import { untilAborted } from "../well/aborted.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    driver.validate = async (_config, _environment, call) => {
      await untilAborted(call);
      process.exit(3);
    };
  },
});
