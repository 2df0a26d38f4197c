// Sends no end of the output.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  nativeDriver(driver) {
    const { build } = driver.nativeBuilder;
    driver.nativeBuilder.build = (request, call) => build(request, { ...call, output: async () => {} });
  },
});
