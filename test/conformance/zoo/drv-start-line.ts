// Prints for people before its handshake line.
import { runAnimal } from "../well/run.js";

await runAnimal({ line: (line) => `Loading the animal, please wait ...\n${line}` });
