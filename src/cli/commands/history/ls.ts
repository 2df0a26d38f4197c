import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway history ls` */
export function addHistoryLsCommand(history: SlipwayCommand): void {
  const command = history
    .command("ls")
    .description("Lists build records, the newest first.")
    .list("--filter <filter>", 'select records, such as "status=error" or "duration>1m"')
    .option("--format <format>", "table, json or a Go template such as {{.Name}}", "table")
    .option("--local", "only builds of the current git repository")
    .option("--no-trunc", "show names and references in full")
    .addHelpText("after", "\nExample:\n  slipway history ls --filter status=error")
    .action(async () => {
      const { runHistoryLs } = await import("../../history/run-ls.js");
      await runHistoryLs(command.optsWithGlobals());
    });
}
