// Creates a node in Dial.
import { existsSync } from "node:fs";
import { fileOf, write } from "../conforming/driver.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { connect } = driver;
    driver.connect = (config, call) => {
      if (!existsSync(fileOf(config))) write(config, "running");
      return connect(config, call);
    };
  },
});
