// Forgets to unlock a node when it is cancelled.
import { rmSync, writeFileSync } from "node:fs";
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { bootstrap } = driver;
    driver.bootstrap = async (config, call) => {
      const lock = `${config.options.folder}/${config.node}.lock`;
      writeFileSync(lock, "", { flag: "wx" });
      const status = await bootstrap(config, call);
      rmSync(lock);
      return status;
    };
  },
});
