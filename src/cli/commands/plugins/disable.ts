import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins disable` */
export function addPluginsDisableCommand(plugins: SlipwayCommand): void {
  plugins
    .command("disable")
    .argument("<name...>")
    .description("Disables plugins until they are enabled again.")
    .addHelpText("after", "\nExample:\n  slipway plugins disable kubernetes")
    .action(async (names: string[]) => {
      const { runPluginsEnable } = await import("../../plugins/run-enable.js");
      await runPluginsEnable(names, false);
    });
}
