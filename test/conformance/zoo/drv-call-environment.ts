// Takes its own environment for the user's.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver(driver) {
    const { implicitBuilders } = driver;
    driver.implicitBuilders = (_environment, call) =>
      implicitBuilders!(process.env.ZOO_SOCKET ? { ZOO_SOCKET: process.env.ZOO_SOCKET } : {}, call);
  },
});
