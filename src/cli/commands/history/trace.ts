import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway history trace` */
export function addHistoryTraceCommand(history: SlipwayCommand): void {
  const command = history
    .command("trace")
    .argument("[ref]")
    .description(
      "Shows the OpenTelemetry trace of a build: on a terminal its spans on a time line, elsewhere JSON.",
    )
    .option(
      "--addr <127.0.0.1:port>",
      "serve the web page of the build there until it is interrupted; the port 0 is a free one",
    )
    .option("--compare <ref>", "show the trace of another build, too")
    .option(
      "--format <format>",
      "pretty (on a terminal), jaeger (JSON for Jaeger, as buildx prints it) or otlp (OTLP/JSON)",
    )
    .addHelpText("after", "\nExample:\n  slipway history trace ^1 --format otlp > trace.json")
    .action(async (ref: string | undefined) => {
      const { runHistoryTrace } = await import("../../history/run-trace.js");
      await runHistoryTrace(ref, command.optsWithGlobals());
    });
}
