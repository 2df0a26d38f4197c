import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway plugins verify` */
export function addPluginsVerifyCommand(plugins: SlipwayCommand): void {
  plugins
    .command("verify")
    .argument("[name...]", "plugins (default: all)")
    .description("Compares the files of plugins with those that were installed. Exits with 1 if they differ.")
    .addHelpText("after", "\nExample:\n  slipway plugins verify")
    .action(async (names: string[]) => {
      const { runPluginsVerify } = await import("../../plugins/run-verify.js");
      await runPluginsVerify(names);
    });
}
