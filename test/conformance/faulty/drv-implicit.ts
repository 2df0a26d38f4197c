// Returns a builder without a name.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    driver.implicitBuilders = async () => ({ builders: [{ config: { node: "sample" } }] });
  },
});
