// Takes the end of its standard input for the host's, whatever the host says.
import { runAnimal } from "../well/run.js";

await runAnimal({ heldStdin: true });
