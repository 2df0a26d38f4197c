// An animal without a fault.
import { runAnimal } from "./run.js";

await runAnimal({});
