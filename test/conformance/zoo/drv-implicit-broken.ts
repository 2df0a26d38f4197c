// Fails over a setting that it cannot read, instead of telling of it.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { implicitBuilders } = driver;
    driver.implicitBuilders = async (environment, call) => {
      if (environment.ZOO_SOCKET?.startsWith("tcp:")) throw new Error("what is that?");
      return implicitBuilders!(environment, call);
    };
  },
});
