import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins restart` */
export function addPluginsRestartCommand(plugins: SlipwayCommand): void {
  plugins
    .command("restart")
    .argument("<name>")
    .description("Ends a plugin's process, lifts its quarantine and starts it again, as its folder now is.")
    .action(async (name: string) => {
      const { runPluginsRestart } = await import("../../plugins/run-restart.js");
      await runPluginsRestart(name);
    });
}
