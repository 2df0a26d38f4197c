// Logs credentials.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver(driver) {
    const { bootstrap } = driver;
    driver.bootstrap = (config, call) => {
      for (const { secret } of Object.values(call.credentials)) console.error(`Logging in with ${secret}`);
      return bootstrap(config, call);
    };
  },
});
