import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins attach` */
export function addPluginsAttachCommand(plugins: SlipwayCommand): void {
  plugins
    .command("attach")
    .argument("<reattach>", "the JSON that the plugin printed, a file with it, or - for stdin")
    .description(
      "Uses a plugin that you run yourself, for example in a debugger. Start it with SLIPWAY_PLUGIN_DEBUG=1, and it prints the complete command. Until the plugin ends or is detached, its drivers take the place of installed ones.",
    )
    .addHelpText("after", "\nExample:\n  slipway plugins attach reattach.json")
    .action(async (reattach: string) => {
      const { runPluginsAttach } = await import("../../plugins/run-attach.js");
      await runPluginsAttach(reattach);
    });
}
