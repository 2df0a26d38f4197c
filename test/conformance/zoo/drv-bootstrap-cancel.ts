// Forgets to unlock a node when it is cancelled.
import { rmSync, writeFileSync } from "node:fs";
import { untilAborted } from "../well/aborted.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { bootstrap } = driver;
    driver.bootstrap = async (config, call) => {
      const lock = `${config.options.folder}/${config.node}.lock`;
      writeFileSync(lock, "", { flag: "wx" });
      call.progress({ id: "lock", name: "locked" });
      await untilAborted(call);
      const status = await bootstrap(config, call);
      rmSync(lock);
      return status;
    };
  },
});
