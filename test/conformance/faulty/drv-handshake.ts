// Returns no name and version.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({ changeHandshake: (answer) => void delete answer.plugin });
