// Takes a connection that broke for the end of the answer.
import { overHttp } from "../conforming/http-store.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const store = overHttp(driver.imageStore!);
    driver.imageStore = {
      ...store,
      load: (ref, archive, call) => store.load(ref, archive, call).catch(() => ["any:1"]),
    };
  },
});
