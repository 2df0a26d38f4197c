// Reports fields with its internal names.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  changeValidate({ diagnostics }, { endpoint }) {
    if (endpoint === "") return;
    for (const one of diagnostics) one.field = one.field.replace(/^options\[(.*)\]$/, "config.options.$1");
  },
});
