// Fails the call instead of the build.
import { runAnimal } from "../well/run.js";

await runAnimal({
  mason(driver) {
    const { build } = driver.nativeBuilder;
    driver.nativeBuilder.build = (asked, call) =>
      build(asked, call).catch((cause: Error) => {
        throw new Error(cause.message);
      });
  },
});
