// Serves Stop without advertising it.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver({ descriptor }) {
    descriptor.capabilities = descriptor.capabilities!.filter(({ id }) => id !== "builders.stop");
  },
  service: () => ({ stop: () => ({}) }),
});
