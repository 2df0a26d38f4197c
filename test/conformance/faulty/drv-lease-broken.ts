// Keeps the leases of a connection that broke.
import { ignoringCancels } from "../conforming/ignoring-cancels.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({ service: ignoringCancels });
