import type { SlipwayCommand } from "../slipway-command.js";
import { addHistoryExportCommand } from "./history/export.js";
import { addHistoryImportCommand } from "./history/import.js";
import { addHistoryInspectCommand } from "./history/inspect.js";
import { addHistoryLogsCommand } from "./history/logs.js";
import { addHistoryLsCommand } from "./history/ls.js";
import { addHistoryOpenCommand } from "./history/open.js";
import { addHistoryRmCommand } from "./history/rm.js";
import { addHistoryTraceCommand } from "./history/trace.js";

/** `slipway history` */
export function addHistoryCommand(program: SlipwayCommand): void {
  const command = program
    .command("history")
    .summary("show BuildKit's own history of builds")
    .description(
      "Shows the build history that BuildKit keeps on a builder's nodes, of every client including buildx. REF can be ^1 for the newest but one.",
    )
    .addHelpText(
      "after",
      "\nExample:\n  slipway history ls --filter status=error\n  slipway history logs   # of the newest",
    );
  addHistoryLsCommand(command);
  addHistoryLogsCommand(command);
  addHistoryInspectCommand(command);
  addHistoryTraceCommand(command);
  addHistoryExportCommand(command);
  addHistoryImportCommand(command);
  addHistoryOpenCommand(command);
  addHistoryRmCommand(command);
}
