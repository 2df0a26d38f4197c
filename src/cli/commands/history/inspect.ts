import type { SlipwayCommand } from "../../slipway-command.js";
import { addHistoryAttachmentCommand } from "./attachment.js";

/** `slipway history inspect` */
export function addHistoryInspectCommand(history: SlipwayCommand): void {
  const command = history
    .command("inspect")
    .argument("[ref]")
    .description("Shows the settings, error, materials and attachments of a build.")
    .option("--format <format>", "pretty, json or a Go template such as {{.Status}}", "pretty")
    .addHelpText("after", "\nExample:\n  slipway history inspect --format json")
    .action(async (ref: string | undefined) => {
      const { runHistoryInspect } = await import("../../history/run-inspect.js");
      await runHistoryInspect(ref, command.optsWithGlobals());
    });
  addHistoryAttachmentCommand(command);
}
