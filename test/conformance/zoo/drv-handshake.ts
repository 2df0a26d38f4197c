// Does not say who it is.
import { runAnimal } from "../well/run.js";

await runAnimal({ handshaken: (answer) => void delete answer.plugin });
