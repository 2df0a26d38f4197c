// Ignores SIGTERM.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  started() {
    process.removeAllListeners("SIGTERM").on("SIGTERM", () => {});
  },
});
