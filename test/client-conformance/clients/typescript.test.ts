import { join } from "node:path";
import { root } from "../../clients/clients.js";
import { bundle } from "../../lab/bundle.js";
import { tempDir } from "../../lab/index.js";
import { testClient } from "../test-client.js";

// The package of this repository; dist/ is built before the tests.
const client = join(root, "clients/typescript/conformance/client.ts");

testClient("typescript", async () => {
  const folder = await tempDir();
  await bundle({ client }, folder);
  return [process.execPath, join(folder, "client.mjs")];
});
