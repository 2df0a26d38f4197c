// Takes any driver's name for its own.
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: ({ inspect }) => ({
    inspect: (request, context) => inspect({ ...request, driver: "zoo" }, context),
  }),
});
