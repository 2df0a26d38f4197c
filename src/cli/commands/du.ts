import type { SlipwayCommand } from "../slipway-command.js";
import { parseDuration } from "../values/parse-duration.js";
import { defaultTimeoutMs, timeoutFlag } from "./node-timeout.js";

/** `slipway du` */
export function addDuCommand(program: SlipwayCommand): void {
  const command = program
    .command("du")
    .summary("show the size of the build cache")
    .description("Lists the records of a builder's cache and their sizes.");
  command
    .list("--filter <filter>", "select records, such as type=regular or until=24h")
    .option("--format <format>", "table, pretty, json or a Go template such as {{.ID}}")
    .option(timeoutFlag, "time limit for a node", parseDuration)
    .option("--verbose", "shorthand for --format=pretty")
    .addHelpText("after", "\nExample:\n  slipway du --filter type=exec.cachemount")
    .action(async () => {
      const { runDu } = await import("../builders/run-du.js");
      const flags = command.optsWithGlobals();
      await runDu({ timeout: defaultTimeoutMs, ...flags });
    });
}
