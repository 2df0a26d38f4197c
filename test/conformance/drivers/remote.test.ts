import { lab } from "../../lab/index.js";
import { bundled, testDriver } from "../test-driver.js";

testDriver({
  driver: "remote",
  folder: () => bundled("remote"),
  config: () => ({ endpoint: lab().buildkitd.address }),
});
