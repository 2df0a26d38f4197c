import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway history logs` */
export function addHistoryLogsCommand(history: SlipwayCommand): void {
  const command = history
    .command("logs")
    .argument("[ref]")
    .description("Shows the progress of a build, and follows a running one to its end.")
    .option("--progress <mode>", "auto, tty, plain or rawjson", "plain")
    .addHelpText("after", "\nExample:\n  slipway history logs ^1   # of the newest but one")
    .action(async (ref: string | undefined) => {
      const { runHistoryLogs } = await import("../../history/run-logs.js");
      await runHistoryLogs(ref, command.optsWithGlobals());
    });
}
