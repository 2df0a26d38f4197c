import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway builds trace` */
export function addBuildsTraceCommand(builds: SlipwayCommand): void {
  const command = builds
    .command("trace")
    .argument("<id>")
    .description(
      "Shows when the steps of a build ran: on a time line, in numbers, or as a picture. Of a running build it shows what there is until now.",
    )
    .option(
      "--format <format>",
      "pretty, json, or svg (default: by the name of the file that is written, else pretty)",
    )
    .option("-o, --output <file>", "write it to a file")
    .addHelpText(
      "after",
      "\nBars: █ ran   ░ came from the cache   ! failed\n\nExample:\n  slipway builds trace -o timeline.svg bld_01",
    )
    .action(async (id: string) => {
      const { runBuildsTrace } = await import("../../builds/run-trace.js");
      await runBuildsTrace(id, command.optsWithGlobals());
    });
}
