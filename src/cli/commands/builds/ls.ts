import type { SlipwayCommand } from "../../slipway-command.js";
import { wholeNumber } from "../../values/whole-number.js";

/** `slipway builds ls` */
export function addBuildsLsCommand(builds: SlipwayCommand): void {
  const command = builds
    .command("ls")
    .description("Lists builds, the newest first.")
    .option("--format <format>", "table or json", "table")
    .list("--filter <filter>", "select builds: name=TEXT, owner=PRINCIPAL or state=STATE")
    .option("--project <name>", "only builds of this project")
    .option("--limit <number>", "maximum number of builds", wholeNumber(1, 500), 50)
    .addHelpText("after", "\nExample:\n  slipway builds ls --limit 5 --filter state=failed")
    .action(async () => {
      const { runBuildsLs } = await import("../../builds/run-ls.js");
      await runBuildsLs(command.optsWithGlobals());
    });
}
