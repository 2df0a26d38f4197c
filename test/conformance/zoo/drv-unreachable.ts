// Cannot look at a node whose socket has gone.
import { existsSync } from "node:fs";
import { Code, driverError } from "../../../src/driver/index.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { inspect } = driver;
    driver.inspect = async (config, call) => {
      if (existsSync(config.options.socket!)) return inspect(config, call);
      throw driverError({ code: Code.Unavailable, reason: "SOCKET_MISSING", message: "its socket has gone" });
    };
  },
});
