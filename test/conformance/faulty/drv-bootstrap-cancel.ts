// Does not unlock a node after a cancelled call.
import { rmSync, writeFileSync } from "node:fs";
import { serveWithFault } from "../conforming/serve-with-fault.js";
import { untilAborted } from "../conforming/until-aborted.js";

await serveWithFault({
  driver(driver) {
    const { bootstrap } = driver;
    driver.bootstrap = async (config, call) => {
      const lock = `${config.options.folder}/${config.node}.lock`;
      writeFileSync(lock, "", { flag: "wx" });
      call.progress({ id: "lock", name: "Locked" });
      await untilAborted(call);
      const status = await bootstrap(config, call);
      rmSync(lock);
      return status;
    };
  },
});
