// Crashes on a cancelled call.

import { serveWithFault } from "../conforming/serve-with-fault.js";
import { untilAborted } from "../conforming/until-aborted.js";

await serveWithFault({
  driver(driver) {
    driver.validate = async (_config, _environment, call) => {
      await untilAborted(call);
      process.exit(3);
    };
  },
});
