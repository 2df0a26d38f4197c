// Does not pass on the host's half-close.
import { Duplex } from "node:stream";
import { openSample } from "../conforming/driver.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    driver.acquire = (config, lease) =>
      lease.hold({
        async open(signal) {
          const socket = await openSample(config, signal);
          return new Duplex({
            read() {
              socket.once("data", (chunk) => {
                socket.pause();
                this.push(chunk);
              });
              socket.resume();
            },
            write: (chunk, _encoding, done) => void socket.write(chunk, () => done()),
            final: (done) => done(),
            destroy(error, done) {
              socket.destroy();
              done(error);
            },
          });
        },
      });
  },
});
