import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins disable` */
export function addPluginsDisableCommand(plugins: SlipwayCommand): void {
  plugins
    .command("disable")
    .argument("<name...>")
    .description("Takes plugins out of use, until they are enabled.")
    .action(async (names: string[]) => {
      const { runPluginsEnable } = await import("../../plugins/run-enable.js");
      await runPluginsEnable(names, false);
    });
}
