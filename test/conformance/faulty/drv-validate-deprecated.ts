// Accepts a deprecated option without a warning.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  changeValidate(answer) {
    answer.diagnostics = answer.diagnostics.filter(({ reason }) => reason !== "OPTION_DEPRECATED");
  },
});
