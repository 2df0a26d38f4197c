// Claims a field that BuildSpec does not have.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  nativeDriver(driver) {
    const settings = { fields: ["colour"], outputs: ["tar"] };
    driver.descriptor.capabilities = [{ id: "build.native", settings }];
  },
});
