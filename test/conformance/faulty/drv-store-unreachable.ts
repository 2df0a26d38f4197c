// Treats an unreachable store as an empty one.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { list } = driver.imageStore!;
    driver.imageStore!.list = (ref, filter, call) => list(ref, filter, call).catch(() => []);
  },
});
