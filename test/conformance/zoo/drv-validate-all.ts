// Stops at the first thing that is wrong.
import { runAnimal } from "../well/run.js";

await runAnimal({ validated: ({ diagnostics }) => void diagnostics.splice(1) });
