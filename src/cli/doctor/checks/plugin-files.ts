import { join } from "node:path";
import { ok } from "../../../host/diagnosis/finding.js";
import { checkPluginFiles, filesChanged } from "../../../host/diagnosis/plugin-files.js";
import { packageRoot } from "../../../util/package-root.js";
import { allVerifications } from "../../list-all.js";
import { askHost, type DoctorCheck } from "../doctor-check.js";

/** The files of plugins are those that were installed. */
export const pluginFiles: DoctorCheck = {
  id: "plugin-files",
  group: "Plugins",
  run: async (context) => {
    const runs = await context.host.then(Boolean, () => true);
    if (!runs) return checkPluginFiles(context.env, join(packageRoot(), "plugins"));
    return askHost(context, "The plugins' files", async (host) => {
      const plugins = await allVerifications(host);
      const changed = plugins.filter(({ problems }) => problems.length > 0);
      if (changed.length === 0) return [ok(`The files of all ${plugins.length} plugins are unchanged.`)];
      return changed.map(({ name, problems }) =>
        filesChanged(
          name,
          problems.map(({ message }) => message.replace(/\.$/, "")),
        ),
      );
    });
  },
};
