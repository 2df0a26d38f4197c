// Lists a capability twice.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  changeHandshake({ drivers: [driver] }) {
    driver!.capabilities.push(driver!.capabilities[0]!);
  },
});
