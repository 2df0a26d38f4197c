import { join } from "node:path";
import { buildClient } from "../../clients/clients.js";
import { testClient } from "../test-client.js";

testClient("python", async () => {
  const folder = await buildClient.python();
  return [join(folder, ".venv/bin/python"), join(folder, "conformance/client.py")];
});
