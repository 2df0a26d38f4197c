import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway history import` */
export function addHistoryImportCommand(history: SlipwayCommand): void {
  const command = history
    .command("import")
    .description(
      "Imports build records of .dockerbuild archives into Docker Desktop, and opens the first one there.",
    )
    .list("-f, --file <path>", "archive to read, or - for stdin, the default")
    .addHelpText("after", "\nExample:\n  slipway history import -f app.dockerbuild")
    .action(async () => {
      const { runHistoryImport } = await import("../../history/run-import.js");
      await runHistoryImport(command.optsWithGlobals());
    });
}
