import { print } from "../output/print.js";
import { buildxProgram } from "../print-version.js";
import { earlierAlias, needsAlias, restoreAlias, setAlias } from "./builder-alias.js";
import { changing } from "./changing.js";
import { slipwayPlugin } from "./invocation.js";
import { ownProgram, PluginFolder } from "./plugin-folder.js";

/** The flags of `docker-plugin install`. */
export interface InstallFlags {
  asBuildx?: boolean;
}

/** `slipway docker-plugin install` */
export async function installDockerPlugin({ asBuildx }: InstallFlags): Promise<void> {
  const folder = new PluginFolder();
  const isAliasNeeded = asBuildx && (await needsAlias());
  await changing(folder.configDir, async () => {
    const installed = await folder.installed();
    // Before anything is changed, since it can fail.
    const alias = isAliasNeeded ? (installed.alias ?? (await earlierAlias(folder.configDir))) : undefined;
    const target = await ownProgram(folder);
    if (await folder.make()) installed.madeFolder = true;
    for (const name of asBuildx ? [slipwayPlugin, buildxProgram] : [slipwayPlugin])
      await folder.link(name, target, installed);
    if (!alias) return;
    installed.alias = alias;
    await folder.record(installed);
    await setAlias(folder.configDir);
  });
  print(`Linked ${folder.file(slipwayPlugin)}: docker slipway build .\n`);
  if (!asBuildx) return;
  print(`Linked ${folder.file(buildxProgram)}: docker build, docker buildx and docker compose build.\n`);
  if (isAliasNeeded)
    print("Set the alias builder in docker's configuration, which docker before version 23 needs.\n");
}

/** `slipway docker-plugin uninstall` */
export async function uninstallDockerPlugin(): Promise<void> {
  const folder = new PluginFolder();
  const notes: string[] = [];
  await changing(folder.configDir, async () => {
    const installed = await folder.installed();
    if (installed.alias) {
      await restoreAlias(folder.configDir, installed.alias);
      delete installed.alias;
      await folder.record(installed);
    }
    for (const name of Object.keys(installed.links)) {
      const isRestored = await folder.restore(name, installed);
      notes.push(
        isRestored
          ? `Removed the link ${folder.file(name)}${(await folder.state(name, undefined)) === "none" ? "" : ": the program from before is back"}.\n`
          : `${folder.file(name)} is another program than was installed. It stays.\n`,
      );
    }
  });
  print(notes.join("") || "Docker's plugins are not linked to Slipway.\n");
}
