// Accepts every build.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  nativeDriver(driver) {
    driver.nativeBuilder.check = async () => [];
  },
});
