// Logs the credentials that it is given.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { bootstrap } = driver;
    driver.bootstrap = (config, call) => {
      for (const { secret } of Object.values(call.credentials)) console.error(`logging in with ${secret}`);
      return bootstrap(config, call);
    };
  },
});
