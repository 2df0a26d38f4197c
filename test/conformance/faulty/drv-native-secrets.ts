// Logs the secrets of a build.
import { log } from "../../../src/driver/index.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  nativeDriver(driver) {
    const { build } = driver.nativeBuilder;
    driver.nativeBuilder.build = (request, call) => {
      for (const { id, value } of request.spec.secrets) log.info(`${id} is ${Buffer.from(value)}`);
      return build(request, call);
    };
  },
});
