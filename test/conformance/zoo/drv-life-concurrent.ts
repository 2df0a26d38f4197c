// Removes a node under the hands of the call that makes it.
import { existsSync, rmSync } from "node:fs";
import { fileOf, write } from "../well/driver.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { bootstrap, inspect } = driver;
    driver.bootstrap = async (config, call) => {
      if (existsSync(fileOf(config))) return bootstrap(config, call);
      call.progress({ id: "feed", name: "feeding" });
      write(config, "running");
      for (let turn = 0; turn < 50 && existsSync(fileOf(config)); turn++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return inspect(config, call);
    };
  },
  service: () => ({
    remove(request) {
      rmSync(fileOf(request.config!), { force: true });
      return {};
    },
  }),
});
