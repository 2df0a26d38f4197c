// Never gets over a build that was cancelled.
import { runAnimal } from "../well/run.js";

await runAnimal({
  mason(driver) {
    const { build } = driver.nativeBuilder;
    let hurt = false;
    driver.nativeBuilder.build = async (asked, call) => {
      if (hurt) throw new Error("it still hurts");
      call.signal.addEventListener("abort", () => {
        hurt = true;
      });
      return build(asked, call);
    };
  },
});
