// Claims a field that BuildSpec does not have.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  nativeDriver(driver) {
    driver.descriptor.nativeBuild = { fields: ["colour"], outputs: ["tar"] };
  },
});
