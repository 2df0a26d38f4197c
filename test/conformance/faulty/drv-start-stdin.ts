// Always ends with its standard input.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({ heldStdin: true });
