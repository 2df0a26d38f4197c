// Falls over a call that is cancelled.
import { runAnimal } from "../well/run.js";

const fall = () => process.exit(3);
await runAnimal({
  driver(driver) {
    const { validate } = driver;
    driver.validate = async (config, environment, call) => {
      call.signal.addEventListener("abort", fall);
      await new Promise((resolve) => setTimeout(resolve, 100));
      call.signal.removeEventListener("abort", fall);
      return validate(config, environment, call);
    };
  },
});
