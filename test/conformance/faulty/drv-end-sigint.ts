// Ends on SIGINT.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  started() {
    process.removeAllListeners("SIGINT");
  },
});
