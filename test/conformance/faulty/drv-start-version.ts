// Chooses the first offered version.
import { serveWithFault } from "../conforming/serve-with-fault.js";

const first = process.env.PLUGIN_PROTOCOL_VERSIONS?.split(",")[0];
await serveWithFault({ line: (line) => line.replace(/^1\|\d+/, `1|${first}`) });
