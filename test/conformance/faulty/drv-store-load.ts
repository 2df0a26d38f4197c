// Loses a part of a saved archive.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { save } = driver.imageStore!;
    driver.imageStore!.save = async function* (ref, names, call) {
      let sent = 0;
      for await (const chunk of save(ref, names, call)) {
        sent += chunk.length;
        if (sent < 4 << 20 || sent > 5 << 20) yield chunk;
      }
    };
  },
});
