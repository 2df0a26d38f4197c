// Does not describe its store.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    driver.imageStore!.get = async () => ({});
  },
});
