import { InvalidArgumentError } from "commander";
import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway builds ls` */
export function addBuildsLsCommand(builds: SlipwayCommand): void {
  const command = builds
    .command("ls")
    .description("Lists builds, the newest first.")
    .option("--format <format>", "table or json", "table")
    .option("--limit <number>", "maximum number of builds", parseCount, 50)
    .addHelpText("after", "\nExample:\n  slipway builds ls --limit 5")
    .action(async () => {
      const { runBuildsLs } = await import("../../builds/run-ls.js");
      await runBuildsLs(command.optsWithGlobals());
    });
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("Give a number from 1 to 500.");
  return Math.min(Number(text), 500);
}
