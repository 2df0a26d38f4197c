import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway dial-stdio` */
export function addDialStdioCommand(program: SlipwayCommand): void {
  const command = program
    .command("dial-stdio")
    .summary("connect stdin and stdout to a builder's BuildKit")
    .description(
      "Carries the bytes of one connection to BuildKit on stdin and stdout, for tools that speak its protocol.",
    )
    .option("--platform <os/arch>", "platform by which the node is chosen")
    .option("--progress <mode>", "how a boot is shown on stderr: auto, plain, tty, rawjson or none", "none")
    .addHelpText("after", "\nExample:\n  slipway dial-stdio --builder mybuilder --platform linux/arm64")
    .action(async () => {
      const { runDialStdio } = await import("../builders/run-dial-stdio.js");
      await runDialStdio(command.optsWithGlobals());
    });
}
