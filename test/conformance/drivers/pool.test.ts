import { pythonDriver } from "../../example-drivers/examples.js";
import { lab } from "../../lab/index.js";
import { testDriver } from "../test-driver.js";

testDriver({
  driver: "pool",
  folder: pythonDriver,
  config: () => ({ options: { members: `tcp://127.0.0.1:1,${lab().buildkitd.address}` } }),
  unreachable: () => ({ options: { members: "tcp://127.0.0.1:1" } }),
});
