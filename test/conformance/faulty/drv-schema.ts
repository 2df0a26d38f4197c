// Has an ENUM option without values.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  driver({ descriptor }) {
    descriptor.options!.find(({ name }) => name === "size")!.allowedValues = [];
  },
});
