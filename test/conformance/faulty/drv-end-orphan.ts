// Continues after its host has died.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({ heldStdin: false });
