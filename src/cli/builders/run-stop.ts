import { readTypedError } from "../../errors/typed-error.js";
import { withHost } from "../host.js";
import { printError } from "../output/print.js";

/**
 * `slipway stop`. A builder that its driver cannot stop is only reported: buildx's command succeeds for it, and scripts
 * stop builders without looking at their drivers.
 */
export async function runStop(name: string): Promise<void> {
  await withHost(async ({ builders, environment }) => {
    try {
      await builders.stopBuilder({ name, environment });
    } catch (cause) {
      const { reason, message } = readTypedError(cause);
      if (reason !== "CAPABILITY_UNSUPPORTED") throw cause;
      printError(`WARNING: ${message}\n`);
    }
  });
}
