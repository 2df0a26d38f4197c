// Fails with an untyped error on an invalid archive.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    driver.imageStore!.load = async () => {
      throw new TypeError("cannot read properties of undefined");
    };
  },
});
