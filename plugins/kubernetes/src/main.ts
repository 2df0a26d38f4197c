import { serve } from "../../../src/driver/index.js";
import manifest from "../slipway-plugin.json" with { type: "json" };
import { driver } from "./driver.js";

await serve({ name: manifest.name, version: manifest.version, drivers: [driver] });
