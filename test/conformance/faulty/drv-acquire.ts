// Offers an endpoint that does not exist.
import { openSample } from "../conforming/driver.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    driver.acquire = (config, lease) =>
      lease.hold({
        open: (signal) => openSample(config, signal),
        address: { case: "unix", value: { path: "/nonexistent/buildkitd.sock" } },
      });
  },
});
