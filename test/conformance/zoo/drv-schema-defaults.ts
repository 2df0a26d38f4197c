// The default of a duration is not how Go prints it.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver({ descriptor }) {
    descriptor.options!.find(({ name }) => name === "timeout")!.defaultValue = "90s";
  },
});
