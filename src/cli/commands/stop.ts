import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway stop` */
export function addStopCommand(program: SlipwayCommand): void {
  const command = program
    .command("stop")
    .argument("[name]", "builder (default: the current one)")
    .summary("stop a builder")
    .description("Stops all nodes of a builder. Their state is kept.")
    .addHelpText("after", "\nExample:\n  slipway stop mybuilder")
    .action(async (name: string | undefined) => {
      const { runStop } = await import("../builders/run-stop.js");
      await runStop(name ?? command.optsWithGlobals().builder ?? "");
    });
}
