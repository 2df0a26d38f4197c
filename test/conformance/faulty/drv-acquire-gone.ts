// Answers on a connection after the node has stopped.
import { Duplex } from "node:stream";
import { openSample } from "../conforming/driver.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    driver.acquire = (config, lease) => {
      let isOffered = false;
      const open = async (signal: AbortSignal) => {
        try {
          return await openSample(config, signal);
        } catch (error) {
          if (!isOffered) throw error;
          return Duplex.from([Buffer.from("the node is stopped")]);
        } finally {
          isOffered = true;
        }
      };
      return lease.hold({ open });
    };
  },
});
