// Does not normalize values.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  changeValidate({ config }, given) {
    if (config) Object.assign(config.options, given.options);
  },
});
