import { serve } from "slipway/driver";
import { engineVariables } from "../../engine/src/select-endpoint.js";
import manifest from "../slipway-plugin.json" with { type: "json" };
import { driver } from "./driver.js";

// The user's environment comes with the calls; the plugin's own must not be used.
for (const name of engineVariables) delete process.env[name];

await serve({ name: manifest.name, version: manifest.version, drivers: [driver] });
