// Answers on a connection for which there is no BuildKit, in words.
import { Duplex } from "node:stream";
import { runAnimal } from "../well/run.js";

let dialling = 0;
await runAnimal({
  service: ({ dial }) => ({
    async dial(request, context) {
      dialling++;
      try {
        return await dial(request, context);
      } finally {
        dialling--;
      }
    },
  }),
  driver(driver) {
    const { connect } = driver;
    driver.connect = (config, call) =>
      connect(config, call).catch((error) => {
        if (dialling > 0) throw error;
        return Duplex.from([Buffer.from("the animal sleeps")]);
      });
  },
});
