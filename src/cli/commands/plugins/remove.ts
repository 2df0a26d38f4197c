import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins remove` */
export function addPluginsRemoveCommand(plugins: SlipwayCommand): void {
  plugins
    .command("remove")
    .alias("rm")
    .argument("<name...>")
    .description("Deletes installed plugins.")
    .addHelpText("after", "\nExample:\n  slipway plugins remove acme")
    .action(async (names: string[]) => {
      const { runPluginsRemove } = await import("../../plugins/run-remove.js");
      await runPluginsRemove(names);
    });
}
