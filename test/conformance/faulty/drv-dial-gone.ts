// Answers on a connection after the node has stopped.
import { Duplex } from "node:stream";
import { serveWithFault } from "../conforming/serve-with-fault.js";

let dialling = 0;
await serveWithFault({
  service: ({ dial }) => ({
    async dial(request, context) {
      dialling++;
      try {
        return await dial(request, context);
      } finally {
        dialling--;
      }
    },
  }),
  driver(driver) {
    const { connect } = driver;
    driver.connect = (config, call) =>
      connect(config, call).catch((error) => {
        if (dialling > 0) throw error;
        return Duplex.from([Buffer.from("the node is stopped")]);
      });
  },
});
