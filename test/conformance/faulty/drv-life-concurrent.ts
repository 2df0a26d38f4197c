// Removes a node while another call creates it.
import { existsSync, rmSync } from "node:fs";
import { fileOf, write } from "../conforming/driver.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { bootstrap, inspect } = driver;
    driver.bootstrap = async (config, call) => {
      if (existsSync(fileOf(config))) return bootstrap(config, call);
      call.progress({ id: "start", name: "Starting the node" });
      write(config, "running");
      for (let attempt = 0; attempt < 150 && existsSync(fileOf(config)); attempt++) {
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
