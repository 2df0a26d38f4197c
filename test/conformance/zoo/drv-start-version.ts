// Takes the first version that it is offered for one that it speaks.
import { runAnimal } from "../well/run.js";

const first = process.env.PLUGIN_PROTOCOL_VERSIONS?.split(",")[0];
await runAnimal({ line: (line) => line.replace(/^1\|1/, `1|${first}`) });
