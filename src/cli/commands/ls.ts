import type { SlipwayCommand } from "../slipway-command.js";
import { parseDuration } from "../values/parse-duration.js";
import { defaultTimeoutMs, timeoutFlag } from "./node-timeout.js";

/** `slipway ls` */
export function addLsCommand(program: SlipwayCommand): void {
  const command = program
    .command("ls")
    .summary("list builders")
    .description("Lists builders and the state of their nodes.");
  command
    .option("--format <format>", "table, json or a Go template such as {{.Name}}", "table")
    .option("--no-trunc", "show all platforms")
    .option(timeoutFlag, "time limit for the state of a node", parseDuration)
    .addHelpText("after", "\nExample:\n  slipway ls --format json | jq -r .Name")
    .action(async ({ format, noTrunc, timeout = defaultTimeoutMs }) => {
      const { runLs } = await import("../builders/run-ls.js");
      await runLs({ format, trunc: !noTrunc, timeout });
    });
}
