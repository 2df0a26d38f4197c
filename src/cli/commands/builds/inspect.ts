import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway builds inspect` */
export function addBuildsInspectCommand(builds: SlipwayCommand): void {
  builds
    .command("inspect")
    .argument("<id>")
    .description("Shows a build as JSON.")
    .addHelpText(
      "after",
      "\nExample:\n  slipway builds inspect $(slipway builds ls --limit 1 --format json | jq -r .ID)",
    )
    .action(async (id: string) => {
      const { runBuildsInspect } = await import("../../builds/run-inspect.js");
      await runBuildsInspect(id);
    });
}
