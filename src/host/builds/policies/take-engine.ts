import type { PolicyFile } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { PluginManager } from "../../plugins/plugin-manager.js";
import type { PolicyUse } from "../../plugins/plugin-use.js";
import { languageOf } from "../spec/check-policies.js";

/** Limit for one call of an engine, in milliseconds. Engines may look for signatures elsewhere. */
export const engineMs = 60_000;

/** The error for a file whose policy cannot be evaluated: why, and how it can. */
export type OnUnsupported = (file: string, why: string, how: string) => Error;

/** Takes the engine for the language of files into use. */
export async function takeEngine(
  [first, ...others]: readonly [PolicyFile, ...PolicyFile[]],
  plugins: PluginManager,
  unsupported: OnUnsupported,
): Promise<PolicyUse> {
  const language = languageOf(first.name);
  const other = others.find(({ name }) => languageOf(name) !== language);
  if (other) {
    const why = `it is in another language than that in ${first.name}.`;
    throw unsupported(other.name, why, "Give policies in one language.");
  }
  const use = await plugins.usePolicies(language);
  if (use) return use;
  const why = `no plugin of this host evaluates policies in the language ${JSON.stringify(language)}.`;
  throw unsupported(first.name, why, "Install one that does.");
}
