// Reports only the first problem.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({ changeValidate: ({ diagnostics }) => void diagnostics.splice(1) });
