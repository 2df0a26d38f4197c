import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway dial-stdio` */
export function addDialStdioCommand(program: SlipwayCommand): void {
  const command = program
    .command("dial-stdio")
    .summary("connect stdin and stdout to BuildKit")
    .description(
      "Forwards one connection to BuildKit over stdin and stdout, for tools that speak its protocol.",
    )
    .option("--platform <os/arch>", "platform that selects the node")
    .option("--progress <mode>", "progress of a boot on stderr: auto, plain, tty, rawjson or none", "none")
    .addHelpText("after", "\nExample:\n  slipway dial-stdio --builder mybuilder --platform linux/arm64")
    .action(async () => {
      const { runDialStdio } = await import("../builders/run-dial-stdio.js");
      await runDialStdio(command.optsWithGlobals());
    });
}
