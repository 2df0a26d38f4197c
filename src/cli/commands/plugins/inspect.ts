import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins inspect` */
export function addPluginsInspectCommand(plugins: SlipwayCommand): void {
  plugins
    .command("inspect")
    .argument("<name>")
    .description("Shows a plugin as JSON.")
    .addHelpText("after", "\nExample:\n  slipway plugins inspect docker")
    .action(async (name: string) => {
      const { runPluginsInspect } = await import("../../plugins/run-inspect.js");
      await runPluginsInspect(name);
    });
}
