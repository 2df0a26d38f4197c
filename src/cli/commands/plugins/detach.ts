import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins detach` */
export function addPluginsDetachCommand(plugins: SlipwayCommand): void {
  plugins
    .command("detach")
    .argument("<name>")
    .description("Stops using an attached plugin, which goes on running. Builds that use it may finish.")
    .addHelpText("after", "\nExample:\n  slipway plugins detach acme")
    .action(async (name: string) => {
      const { runPluginsDetach } = await import("../../plugins/run-detach.js");
      await runPluginsDetach(name);
    });
}
