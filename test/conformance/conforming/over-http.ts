// Has no fault, and an image store behind an HTTP server.
import { overHttp } from "./http-store.js";
import { serveWithFault } from "./serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    driver.imageStore = overHttp(driver.imageStore!);
  },
});
