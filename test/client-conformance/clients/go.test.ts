import { join } from "node:path";
import { buildClient } from "../../clients/clients.js";
import { testClient } from "../test-client.js";

testClient("go", async () => [join(await buildClient.go(), "bin/conformance")]);
