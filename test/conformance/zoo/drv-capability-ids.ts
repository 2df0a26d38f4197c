// Tells a capability twice.
import { runAnimal } from "../well/run.js";

await runAnimal({
  handshaken({ drivers: [driver] }) {
    driver!.capabilities.push(driver!.capabilities[0]!);
  },
});
