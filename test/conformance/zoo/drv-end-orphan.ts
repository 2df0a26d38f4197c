// Lives on when its host has died.
import { runAnimal } from "../well/run.js";

await runAnimal({ heldStdin: false });
