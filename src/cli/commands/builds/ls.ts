import type { SlipwayCommand } from "../../slipway-command.js";
import { wholeNumber } from "../../values/whole-number.js";

/** `slipway builds ls` */
export function addBuildsLsCommand(builds: SlipwayCommand): void {
  const command = builds
    .command("ls")
    .description("Lists builds, the newest first.")
    .option("--format <format>", "table or json", "table")
    .option("--project <name>", "only builds of this project")
    .option("--limit <number>", "maximum number of builds", wholeNumber(1, 500), 50)
    .addHelpText("after", "\nExample:\n  slipway builds ls --limit 5")
    .action(async () => {
      const { runBuildsLs } = await import("../../builds/run-ls.js");
      await runBuildsLs(command.optsWithGlobals());
    });
}
