// Saves an absent image as an empty archive.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    driver.imageStore!.save = async (_ref, _names, archive) => archive.write(Buffer.alloc(0));
  },
});
