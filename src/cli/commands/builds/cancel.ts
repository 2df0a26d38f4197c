import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway builds cancel` */
export function addBuildsCancelCommand(builds: SlipwayCommand): void {
  builds
    .command("cancel")
    .argument("<id...>")
    .description("Ends builds that run.")
    .action(async (ids: string[]) => {
      const { runBuildsCancel } = await import("../../builds/run-cancel.js");
      await runBuildsCancel(ids);
    });
}
