import type { SlipwayCommand } from "../slipway-command.js";
import { parseDuration } from "../values/parse-duration.js";
import { defaultTimeoutMs, timeoutFlag } from "./node-timeout.js";

/** `slipway inspect` */
export function addInspectCommand(program: SlipwayCommand): void {
  const command = program
    .command("inspect")
    .argument("[name]", "builder (default: the current one)")
    .summary("show a builder")
    .description("Shows a builder and its nodes, and with --debug their features.");
  command
    .option("--bootstrap", "start it first")
    .option("--format <format>", "table, json or a Go template such as {{.Driver}}", "table")
    .option(timeoutFlag, "time limit for the state of a node", parseDuration)
    .addHelpText("after", "\nExample:\n  slipway inspect --bootstrap default")
    .action(async (name: string | undefined) => {
      const { runInspect } = await import("../builders/run-inspect.js");
      const flags = command.optsWithGlobals();
      await runInspect(name, { timeout: defaultTimeoutMs, format: "table", ...flags });
    });
}
