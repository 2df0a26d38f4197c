// Makes a node that is only dialled.
import { existsSync } from "node:fs";
import { fileOf, write } from "../well/driver.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { connect } = driver;
    driver.connect = (config, call) => {
      if (!existsSync(fileOf(config))) write(config, "running");
      return connect(config, call);
    };
  },
});
