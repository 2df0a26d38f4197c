// Uses the environment of the process instead of the request's.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { implicitBuilders } = driver;
    driver.implicitBuilders = (_environment, call) =>
      implicitBuilders!(process.env.SAMPLE_SOCKET ? { SAMPLE_SOCKET: process.env.SAMPLE_SOCKET } : {}, call);
  },
});
