// Fails all builds after a cancelled one.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  nativeDriver(driver) {
    const { build } = driver.nativeBuilder;
    let cancelled = false;
    driver.nativeBuilder.build = async (request, call) => {
      if (cancelled) throw new Error("a build was cancelled before");
      call.signal.addEventListener("abort", () => {
        cancelled = true;
      });
      return build(request, call);
    };
  },
});
