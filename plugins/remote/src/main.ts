import { serve } from "slipway/driver";
import manifest from "../slipway-plugin.json" with { type: "json" };
import { driver } from "./driver.js";

await serve({ name: manifest.name, version: manifest.version, drivers: [driver] });
