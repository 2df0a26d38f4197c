// Has an option with a choice of nothing.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver({ descriptor }) {
    descriptor.options!.find(({ name }) => name === "size")!.allowedValues = [];
  },
});
