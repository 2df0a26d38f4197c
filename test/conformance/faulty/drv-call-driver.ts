// Accepts any driver name.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ inspect }) => ({
    inspect: (request, context) => inspect({ ...request, driver: "sample" }, context),
  }),
});
