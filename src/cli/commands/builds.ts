import type { SlipwayCommand } from "../slipway-command.js";
import { addBuildsCancelCommand } from "./builds/cancel.js";
import { addBuildsInspectCommand } from "./builds/inspect.js";
import { addBuildsLogsCommand } from "./builds/logs.js";
import { addBuildsLsCommand } from "./builds/ls.js";
import { addBuildsTraceCommand } from "./builds/trace.js";

/** `slipway builds` */
export function addBuildsCommand(program: SlipwayCommand): void {
  const command = program
    .command("builds")
    .summary("list, follow and cancel builds")
    .description("Builds belong to the host: every client can list, follow and cancel them.")
    .addHelpText(
      "after",
      "\nExample:\n  slipway builds logs $(slipway builds ls --format json | head -1 | jq -r .ID)",
    );
  addBuildsLsCommand(command);
  addBuildsInspectCommand(command);
  addBuildsLogsCommand(command);
  addBuildsTraceCommand(command);
  addBuildsCancelCommand(command);
}
