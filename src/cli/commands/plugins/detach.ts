import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins detach` */
export function addPluginsDetachCommand(plugins: SlipwayCommand): void {
  plugins
    .command("detach")
    .argument("<name>")
    .description("Stops using an attached plugin. Its process and the builds that use it continue.")
    .addHelpText("after", "\nExample:\n  slipway plugins detach acme")
    .action(async (name: string) => {
      const { runPluginsDetach } = await import("../../plugins/run-detach.js");
      await runPluginsDetach(name);
    });
}
