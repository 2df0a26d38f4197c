import { readTypedError } from "../../errors/typed-error.js";
import { localPrincipal } from "../access/principal.js";
import type { Environment } from "../access/user.js";
import type { Log } from "../base/log.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { BuilderRegistry } from "./registry.js";

/** Starts the plugin of a builder before the first call needs it. What fails is left to that call to report. */
export async function prepareBuilder(
  name: string,
  { registry, plugins, log }: { registry: BuilderRegistry; plugins: PluginManager; log: Log },
): Promise<void> {
  try {
    const user = { environment: process.env as Environment, isLocal: true, principal: localPrincipal };
    const { driver } = await registry.find(name, user);
    (await plugins.use(driver)).release();
  } catch (cause) {
    log.debug("The builder could not be prepared", { builder: name, error: readTypedError(cause).message });
  }
}
