import { lab } from "../../lab/index.js";
import { bundled, testDriver } from "../test-driver.js";

testDriver({
  driver: "docker",
  folder: () => bundled("docker"),
  config: () => ({ builder: "default", node: "default", endpoint: lab().engine29.host }),
  unreachable: () => ({ builder: "default", node: "default", endpoint: "unix:///nonexistent/docker.sock" }),
});
