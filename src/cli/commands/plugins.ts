import type { SlipwayCommand } from "../slipway-command.js";

const examples = `
Examples:
  slipway plugins install ./acme-driver.tar.gz --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  slipway plugins verify
  slipway plugins restart docker`;

/** `slipway plugins` */
export function addPluginsCommand(program: SlipwayCommand): void {
  const command = program
    .command("plugins")
    .summary("install plugins, and see why one cannot be used")
    .description("Lists every plugin that was found, usable or not, with the reason and its last lines.")
    .option("--format <format>", "table or json", "table")
    .addHelpText("after", examples)
    .action(async (flags) => {
      const { runListPlugins } = await import("../plugins/run-list.js");
      await runListPlugins(flags);
    });
  command
    .command("ls")
    .alias("list")
    .description("Lists every plugin that was found, usable or not, with the reason and its last lines.")
    .option("--format <format>", "table or json", "table")
    .action(async (_flags, ls: SlipwayCommand) => {
      const { runListPlugins } = await import("../plugins/run-list.js");
      await runListPlugins(ls.optsWithGlobals());
    });
  command
    .command("inspect")
    .argument("<name>")
    .description("Shows all that is known of a plugin, as JSON.")
    .action(async (name: string) => {
      const { runInspectPlugin } = await import("../plugins/run-list.js");
      await runInspectPlugin(name);
    });
  command
    .command("install")
    .argument("<path>", "folder with a slipway-plugin.json, or a tar archive of one")
    .description(
      "Copies a plugin into your plugin folder, notes the SHA-256 of its files, and starts it once.",
    )
    .option("--sha256 <digest>", "what the archive must have")
    .option("--replace", "take the place of an installed plugin of the same name")
    .action(async (path: string, flags: { sha256?: string; replace?: boolean }) => {
      const { runInstallPlugin } = await import("../plugins/run-change.js");
      await runInstallPlugin(path, flags);
    });
  command
    .command("remove")
    .alias("rm")
    .argument("<name...>")
    .description("Deletes plugins that were installed.")
    .action(async (names: string[]) => {
      const { runRemovePlugins } = await import("../plugins/run-change.js");
      await runRemovePlugins(names);
    });
  command
    .command("enable")
    .argument("<name...>")
    .description("Takes plugins back into use.")
    .action(async (names: string[]) => {
      const { runEnablePlugins } = await import("../plugins/run-change.js");
      await runEnablePlugins(names, true);
    });
  command
    .command("disable")
    .argument("<name...>")
    .description("Takes plugins out of use, until they are enabled.")
    .action(async (names: string[]) => {
      const { runEnablePlugins } = await import("../plugins/run-change.js");
      await runEnablePlugins(names, false);
    });
  command
    .command("verify")
    .argument("[name...]", "plugins (default: all)")
    .description("Compares the files of plugins with what was installed; exits with 1 when they differ.")
    .action(async (names: string[]) => {
      const { runVerifyPlugins } = await import("../plugins/run-verify.js");
      await runVerifyPlugins(names);
    });
  command
    .command("restart")
    .argument("<name>")
    .description("Ends a plugin's process, lifts its quarantine and starts it again, as its folder now is.")
    .action(async (name: string) => {
      const { runRestartPlugin } = await import("../plugins/run-change.js");
      await runRestartPlugin(name);
    });
}
