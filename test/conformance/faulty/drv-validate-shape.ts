// Has reasons that are sentences.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  changeValidate({ diagnostics }) {
    for (const one of diagnostics) one.reason = "It is wrong.";
  },
});
