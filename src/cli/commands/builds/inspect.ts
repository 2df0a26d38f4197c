import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway builds inspect` */
export function addBuildsInspectCommand(builds: SlipwayCommand): void {
  builds
    .command("inspect")
    .alias("show")
    .argument("<id>")
    .description("Shows a build as JSON.")
    .option("--trace", "show when its steps ran instead, as slipway builds trace does")
    .addHelpText("after", "\nExample:\n  slipway builds inspect bld_01")
    .action(async (id: string, { trace }: { trace?: boolean }) => {
      if (trace) {
        const { runBuildsTrace } = await import("../../builds/run-trace.js");
        return runBuildsTrace(id, {});
      }
      const { runBuildsInspect } = await import("../../builds/run-inspect.js");
      await runBuildsInspect(id);
    });
}
