import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins ls` */
export function addPluginsLsCommand(plugins: SlipwayCommand): void {
  pluginsLs(plugins.command("ls").alias("list"));
}

/** Makes a command list plugins. */
export function pluginsLs(command: SlipwayCommand): void {
  command
    .description("Lists every plugin that was found, usable or not, with the reason and its last lines.")
    .option("--format <format>", "table or json", "table")
    .action(async () => {
      const { runPluginsLs } = await import("../../plugins/run-ls.js");
      await runPluginsLs(command.optsWithGlobals());
    });
}
