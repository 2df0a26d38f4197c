// Shows the value of a secret in a message.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  changeValidate({ diagnostics }, { options }) {
    for (const one of diagnostics) one.message = `The secret ${options.secret} cannot be used.`;
  },
});
