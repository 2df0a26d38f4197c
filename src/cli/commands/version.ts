import { printVersion } from "../print-version.js";
import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway version` */
export function addVersionCommand(program: SlipwayCommand): void {
  program
    .command("version")
    .summary("show the version")
    .description("Shows the version of the command line.")
    .addHelpText("after", "\nExample:\n  slipway version")
    .action(printVersion);
}
