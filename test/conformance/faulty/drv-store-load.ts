// Loses a part of a saved archive.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { save } = driver.imageStore!;
    driver.imageStore!.save = async (ref, names, archive, call) => {
      let sent = 0;
      const write = async (chunk: Uint8Array) => {
        sent += chunk.length;
        if (sent < 4 << 20 || sent > 5 << 20) await archive.write(chunk);
      };
      await save(ref, names, { ...archive, write }, call);
    };
  },
});
