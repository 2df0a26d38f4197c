import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins enable` */
export function addPluginsEnableCommand(plugins: SlipwayCommand): void {
  plugins
    .command("enable")
    .argument("<name...>")
    .description("Enables disabled plugins.")
    .addHelpText("after", "\nExample:\n  slipway plugins enable kubernetes")
    .action(async (names: string[]) => {
      const { runPluginsEnable } = await import("../../plugins/run-enable.js");
      await runPluginsEnable(names, true);
    });
}
