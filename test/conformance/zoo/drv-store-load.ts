// Loses a piece of what it saves.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { save } = driver.imageStore!;
    driver.imageStore!.save = async function* (ref, names, call) {
      let sent = 0;
      for await (const piece of save(ref, names, call)) {
        sent += piece.length;
        if (sent < 4 << 20 || sent > 5 << 20) yield piece;
      }
    };
  },
});
