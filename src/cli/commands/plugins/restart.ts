import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins restart` */
export function addPluginsRestartCommand(plugins: SlipwayCommand): void {
  plugins
    .command("restart")
    .argument("<name>")
    .description(
      "Stops a plugin, lifts its quarantine, and starts it from the current content of its folder.",
    )
    .addHelpText("after", "\nExample:\n  slipway plugins restart docker")
    .action(async (name: string) => {
      const { runPluginsRestart } = await import("../../plugins/run-restart.js");
      await runPluginsRestart(name);
    });
}
