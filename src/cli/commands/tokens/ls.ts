import type { SlipwayCommand } from "../../slipway-command.js";
import { fileHelp } from "./file-help.js";

/** `slipway tokens ls` */
export function addTokensLsCommand(tokens: SlipwayCommand): void {
  tokens
    .command("ls")
    .alias("list")
    .description("Lists tokens and certificates with their roles.")
    .option("--format <format>", "table or json", "table")
    .option("--file <path>", fileHelp)
    .addHelpText("after", "\nExample:\n  slipway tokens ls --format json")
    .action(async (flags: { format: string; file?: string }) => {
      const { runLsTokens } = await import("../../tokens/run-ls-tokens.js");
      await runLsTokens(flags);
    });
}
