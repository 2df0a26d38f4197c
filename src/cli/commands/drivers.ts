import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway drivers` */
export function addDriversCommand(program: SlipwayCommand): void {
  program
    .command("drivers")
    .argument("[name]", "driver to show with its options")
    .summary("list drivers and their options")
    .description("Lists drivers. With a name, describes the driver and the options of its builders.")
    .option("--format <format>", "table or json", "table")
    .addHelpText("after", "\nExample:\n  slipway drivers docker")
    .action(async (name: string | undefined, flags) => {
      const { runDrivers } = await import("../builders/run-drivers.js");
      await runDrivers(name, flags);
    });
}
