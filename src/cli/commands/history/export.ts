import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway history export` */
export function addHistoryExportCommand(history: SlipwayCommand): void {
  const command = history
    .command("export")
    .argument("[ref...]")
    .description(
      "Exports build records with their logs, traces and attachments as a .dockerbuild archive, which Docker Desktop reads. Without REF it exports the newest one.",
    )
    .option("--all", "export all records of the builder")
    .option("--finalize", "wait until the traces are complete")
    .option("-o, --output <path>", "file to write, instead of stdout")
    .addHelpText("after", "\nExample:\n  slipway history export --finalize -o app.dockerbuild")
    .action(async (refs: string[]) => {
      const { runHistoryExport } = await import("../../history/run-export.js");
      await runHistoryExport(refs, command.optsWithGlobals());
    });
}
