// Has no fault.
import { serveWithFault } from "./serve-with-fault.js";

await serveWithFault({});
