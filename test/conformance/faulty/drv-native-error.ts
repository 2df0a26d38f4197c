// Fails the call instead of the build.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  nativeDriver(driver) {
    const { build } = driver.nativeBuilder;
    driver.nativeBuilder.build = (request, call) =>
      build(request, call).catch((cause: Error) => {
        throw new Error(cause.message);
      });
  },
});
