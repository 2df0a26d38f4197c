import type { SlipwayCommand } from "../slipway-command.js";
import { parseDuration } from "../values/parse-duration.js";
import { defaultTimeoutMs, timeoutFlag } from "./node-timeout.js";

/** `slipway rm` */
export function addRmCommand(program: SlipwayCommand): void {
  const command = program
    .command("rm")
    .argument("[name...]", "builders (default: the current one)")
    .summary("remove builders")
    .description(
      "Removes builders and the resources of their nodes. A builder is kept if one of its nodes cannot be removed.",
    )
    .option("--all-inactive", "remove all builders that are not running")
    .option("-f, --force", "do not ask, and remove a builder even if a node cannot be removed")
    .option("--keep-daemon", "leave the daemon running")
    .option("--keep-state", "keep the build cache for a builder of the same name")
    .option(timeoutFlag, "time limit for a node", parseDuration)
    .addHelpText(
      "after",
      "\nExamples:\n  slipway rm mybuilder --keep-state\n  slipway rm --all-inactive --force",
    )
    .action(async (names: string[]) => {
      const { runRm } = await import("../builders/run-rm.js");
      const flags = command.optsWithGlobals();
      await runRm(names, { timeout: defaultTimeoutMs, ...flags });
    });
}
