import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins ls` */
export function addPluginsLsCommand(plugins: SlipwayCommand): void {
  const command = plugins.command("ls").alias("list");
  command.addHelpText("after", "\nExample:\n  slipway plugins ls --format json");
  pluginsLs(command);
}

/** Gives a command the flags and the action of `plugins ls`. */
export function pluginsLs(command: SlipwayCommand): void {
  command
    .description("Lists all plugins, and for an unusable one the reason and its last lines of output.")
    .option("--format <format>", "table or json", "table")
    .action(async () => {
      const { runPluginsLs } = await import("../../plugins/run-ls.js");
      await runPluginsLs(command.optsWithGlobals());
    });
}
