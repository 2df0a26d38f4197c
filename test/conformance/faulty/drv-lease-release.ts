// Keeps a lease whose call was cancelled.
import { ignoringCancels } from "../conforming/ignoring-cancels.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({ service: ignoringCancels });
