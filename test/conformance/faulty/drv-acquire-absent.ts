// Creates a node in Acquire.
import { existsSync } from "node:fs";
import { fileOf, write } from "../conforming/driver.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { acquire } = driver;
    driver.acquire = (config, lease) => {
      if (!existsSync(fileOf(config))) write(config, "running");
      return acquire(config, lease);
    };
  },
});
