// Has a default that is not in normal form.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver({ descriptor }) {
    descriptor.options!.find(({ name }) => name === "timeout")!.defaultValue = "90s";
  },
});
