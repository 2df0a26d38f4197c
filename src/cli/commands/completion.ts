import type { SlipwayCommand } from "../slipway-command.js";

/** `slipway completion` */
export function addCompletionCommand(program: SlipwayCommand): void {
  program
    .command("completion")
    .argument("<shell>", "bash, zsh or fish")
    .summary("complete commands in a shell")
    .description(
      "Prints a script that completes commands, flags, and names of builders, drivers and plugins. Packages for Debian install it.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  source <(slipway completion bash)   # in ~/.bashrc\n  source <(slipway completion zsh)    # in ~/.zshrc, after compinit" +
        "\n  slipway completion fish > ~/.config/fish/completions/slipway.fish",
    )
    .action(async (shell: string) => {
      const { printCompletionScript } = await import("../completion/print-script.js");
      printCompletionScript(shell);
    });
}
