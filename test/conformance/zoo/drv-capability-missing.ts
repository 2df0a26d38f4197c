// Answers Stop, which it does not advertise.
import { runAnimal } from "../well/run.js";

await runAnimal({
  driver({ descriptor }) {
    descriptor.capabilities = descriptor.capabilities!.filter(({ id }) => id !== "builders.stop");
  },
  service: () => ({ stop: () => ({}) }),
});
