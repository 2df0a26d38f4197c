import { join } from "node:path";
import { buildClient } from "../../clients/clients.js";
import { testClient } from "../test-client.js";

testClient("java", async () => {
  const folder = await buildClient.java();
  const classes = ["target/conformance", "target/classes", "target/lib/*"];
  // Most of its time would go into compiling what runs once.
  const fast = "-XX:TieredStopAtLevel=1";
  return ["java", fast, "-cp", classes.map((path) => join(folder, path)).join(":"), "Client"];
});
