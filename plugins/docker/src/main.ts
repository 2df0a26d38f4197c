import { serve } from "slipway/driver";
import { engineVariables } from "../../engine/src/select-endpoint.js";
import manifest from "../slipway-plugin.json" with { type: "json" };
import { driver } from "./driver.js";

// It is the user's environment that counts, and it comes with the calls.
for (const name of engineVariables) delete process.env[name];

await serve({ name: manifest.name, version: manifest.version, drivers: [driver] });
