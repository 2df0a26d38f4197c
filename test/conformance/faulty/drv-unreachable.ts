// Fails to inspect a node whose socket is missing.
import { existsSync } from "node:fs";
import { Code, driverError } from "../../../src/driver/index.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { inspect } = driver;
    driver.inspect = async (config, call) => {
      if (existsSync(config.options.socket!)) return inspect(config, call);
      throw driverError({
        code: Code.Unavailable,
        reason: "SOCKET_MISSING",
        message: "The socket does not exist.",
      });
    };
  },
});
