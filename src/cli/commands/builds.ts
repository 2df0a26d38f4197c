import { InvalidArgumentError } from "commander";
import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway builds` */
export function addBuildsCommand(program: SlipwayCommand): void {
  const command = program
    .command("builds")
    .summary("list, follow and cancel builds")
    .description("Builds belong to the host: they can be listed, followed again and cancelled from anywhere.")
    .addHelpText(
      "after",
      "\nExample:\n  slipway builds logs $(slipway builds ls --format json | head -1 | jq -r .ID)",
    );
  command
    .command("ls")
    .description("Lists builds, the newest first.")
    .option("--format <format>", "table or json", "table")
    .option("--limit <number>", "how many at most", parseCount, 50)
    .action(async (_flags, ls: SlipwayCommand) => {
      const { runListBuilds } = await import("../builds/run-builds.js");
      await runListBuilds(ls.optsWithGlobals());
    });
  command
    .command("inspect")
    .argument("<id>")
    .description("Shows what is known of a build, as JSON.")
    .action(async (id: string) => {
      const { runInspectBuild } = await import("../builds/run-builds.js");
      await runInspectBuild(id);
    });
  command
    .command("logs")
    .argument("<id>")
    .description("Shows the progress of a build from its beginning, and follows it to its end.")
    .option("--progress <mode>", "auto, tty, plain or rawjson", "plain")
    .action(async (id: string, _flags, logs: SlipwayCommand) => {
      const { runBuildLogs } = await import("../builds/run-builds.js");
      await runBuildLogs(id, logs.optsWithGlobals());
    });
  command
    .command("cancel")
    .argument("<id...>")
    .description("Ends builds that run.")
    .action(async (ids: string[]) => {
      const { runCancelBuilds } = await import("../builds/run-builds.js");
      await runCancelBuilds(ids);
    });
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("Give a number from 1 to 500.");
  return Math.min(Number(text), 500);
}
