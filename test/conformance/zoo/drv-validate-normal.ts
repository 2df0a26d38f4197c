// Adds something each time that it brings a configuration to its normal form.
import { runAnimal } from "../well/run.js";

await runAnimal({ validated: ({ config }) => void config?.platforms.push("linux/amd64") });
