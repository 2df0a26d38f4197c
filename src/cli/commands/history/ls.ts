import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway history ls` */
export function addHistoryLsCommand(history: SlipwayCommand): void {
  const command = history
    .command("ls")
    .description("Lists build records, the newest first.")
    .list("--filter <filter>", 'only some records, such as "status=error" or "duration>1m"')
    .option("--format <format>", "table, json or a template of fields such as {{.Name}}", "table")
    .option("--local", "only those of the git repository that you are in")
    .option("--no-trunc", "show names and references in full")
    .action(async () => {
      const { runHistoryLs } = await import("../../history/run-ls.js");
      await runHistoryLs(command.optsWithGlobals());
    });
}
