// Reports a missing option only when nothing else is wrong.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  changeValidate(answer) {
    const rest = answer.diagnostics.filter(({ reason }) => reason !== "OPTION_REQUIRED");
    if (rest.length > 0) answer.diagnostics = rest;
  },
});
