import { dataFolder } from "../../util/data-folder.js";
import { discover, pluginSearchPath, thisMachine } from "../plugins/discovery.js";
import { PluginInstallation } from "../plugins/install/installation.js";
import { integrityProblems } from "../plugins/install/integrity.js";
import { type Finding, ok, problem, warning } from "./finding.js";

/**
 * Checks the plugins in the search folders without starting one: their manifests, and their files against the lock file
 * and the checksums of the manifests.
 * @param bundled folder of the plugins that belong to the program
 */
export async function checkPluginFiles(env: NodeJS.ProcessEnv, bundled: string): Promise<Finding[]> {
  const lock = await new PluginInstallation(dataFolder(env), thisMachine).read();
  const candidates = await discover(pluginSearchPath(env, bundled), thisMachine, lock);
  const findings = await Promise.all(
    candidates.map(async (candidate): Promise<Finding[]> => {
      const { name, folder } = candidate;
      if (candidate.state === "invalid")
        return [
          problem(
            `The plugin ${name} in ${folder} cannot be used: ${candidate.reason}.`,
            "Install it again.",
          ),
        ];
      const changed = await integrityProblems(candidate);
      if (changed.length > 0) return [filesChanged(name, changed)];
      return candidate.state === "shadowed"
        ? [warning(`The plugin ${name} in ${folder} is not used: ${candidate.reason}.`)]
        : [];
    }),
  );
  if (candidates.length === 0)
    return [problem("There is no plugin, so there is no driver.", "Install Slipway again.")];
  const found = findings.flat();
  return found.length > 0 ? found : [ok(`The files of all ${candidates.length} plugins are unchanged.`)];
}

/** The files of a plugin differ from those that were installed. */
export function filesChanged(name: string, problems: readonly string[]): Finding {
  const finding = problem(
    `Files of the plugin ${name} have changed: ${problems.join("; ")}.`,
    `If you do not know why, call RemovePlugin for the plugin ${name}. Otherwise install it again.`,
  );
  return { ...finding, reason: "PLUGIN_CHECKSUM_MISMATCH" };
}
