import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway drivers` */
export function addDriversCommand(program: SlipwayCommand): void {
  program
    .command("drivers")
    .argument("[name]", "show this driver with its options")
    .summary("list drivers and their options")
    .description("Lists drivers; with a name, what the driver is and the options that builders of it take.")
    .option("--format <format>", "table or json", "table")
    .addHelpText("after", "\nExample:\n  slipway drivers docker")
    .action(async (name: string | undefined, flags) => {
      const { runDrivers } = await import("../builders/run-drivers.js");
      await runDrivers(name, flags);
    });
}
