import { nodeOn } from "../../docker-container-driver/harness.js";
import { lab } from "../../lab/index.js";
import { bundled, testDriver } from "../test-driver.js";

testDriver({
  driver: "docker-container",
  folder: () => bundled("docker-container"),
  async config() {
    const { endpoint, options } = await nodeOn(lab().engine29);
    return { endpoint, options };
  },
  unreachable: () => ({ endpoint: "unix:///nonexistent/docker.sock" }),
});
