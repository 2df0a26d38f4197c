// Fails on an invalid setting instead of reporting it.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { implicitBuilders } = driver;
    driver.implicitBuilders = async (environment, call) => {
      if (environment.SAMPLE_SOCKET?.startsWith("tcp:")) throw new Error("the socket is invalid");
      return implicitBuilders!(environment, call);
    };
  },
});
