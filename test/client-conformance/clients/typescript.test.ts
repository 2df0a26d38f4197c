import { join } from "node:path";
import { root } from "../../clients/clients.js";
import { testClient } from "../test-client.js";

// The package of this repository; dist/ is built before the tests.
const program = join(root, "clients/typescript/conformance/client.ts");

testClient("typescript", async () => [process.execPath, "--import", import.meta.resolve("tsx"), program]);
