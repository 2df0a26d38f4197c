import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway builds cancel` */
export function addBuildsCancelCommand(builds: SlipwayCommand): void {
  builds
    .command("cancel")
    .argument("<id...>")
    .description("Cancels builds that wait or run.")
    .addHelpText(
      "after",
      "\nExample:\n  slipway builds cancel $(slipway builds ls --limit 1 --format json | jq -r .ID)",
    )
    .action(async (ids: string[]) => {
      const { runBuildsCancel } = await import("../../builds/run-cancel.js");
      await runBuildsCancel(ids);
    });
}
