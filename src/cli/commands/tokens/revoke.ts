import type { SlipwayCommand } from "../../slipway-command.js";
import { fileHelp } from "./file-help.js";

/** `slipway tokens revoke` */
export function addTokensRevokeCommand(tokens: SlipwayCommand): void {
  tokens
    .command("revoke")
    .argument("<name...>")
    .description("Removes tokens. Calls with them are refused. Builds that they started continue.")
    .option("--file <path>", fileHelp)
    .addHelpText("after", "\nExample:\n  slipway tokens revoke ci")
    .action(async (names: string[], flags: { file?: string }) => {
      const { runRevokeTokens } = await import("../../tokens/run-revoke-tokens.js");
      await runRevokeTokens(names, flags);
    });
}
