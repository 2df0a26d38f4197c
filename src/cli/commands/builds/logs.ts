import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway builds logs` */
export function addBuildsLogsCommand(builds: SlipwayCommand): void {
  const command = builds
    .command("logs")
    .argument("<id>")
    .description("Shows the progress of a build from its beginning, and follows it to its end.")
    .option("--progress <mode>", "auto, tty, plain or rawjson", "plain")
    .addHelpText(
      "after",
      "\nExample:\n  slipway builds logs $(slipway builds ls --limit 1 --format json | jq -r .ID)",
    )
    .action(async (id: string) => {
      const { runBuildsLogs } = await import("../../builds/run-logs.js");
      await runBuildsLogs(id, command.optsWithGlobals());
    });
}
