import { serve } from "slipway/driver";
import { buildahDriver } from "./driver.js";

await serve({ name: "buildah", version: "0.1.0", requires: ["build.native"], drivers: [buildahDriver] });
