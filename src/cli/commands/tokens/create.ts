import type { SlipwayCommand } from "../../slipway-command.js";
import type { CreateTokenFlags } from "../../tokens/run-create-token.js";
import { parseDuration } from "../../values/parse-duration.js";
import { fileHelp } from "./file-help.js";

/** `slipway tokens create` */
export function addTokensCreateCommand(tokens: SlipwayCommand): void {
  tokens
    .command("create")
    .argument("<name>", "whose token it is, such as a CI system")
    .summary("create a token")
    .description("Creates a token and prints it. The file keeps a hash, so the token cannot be shown again.")
    .option("--role <role>", "viewer, builder or admin of the host (default: builder)")
    .list(
      "--project <name=role>",
      "project of the token, and its role there (default: builder), instead of --role",
    )
    .list("--group <name>", "group of the token; builders can be limited to groups")
    .option("--untrusted", "its builds run on builders for untrusted builds only")
    .option("--expires <duration>", "lifetime of the token, such as 720h", parseDuration)
    .option("--file <path>", fileHelp)
    .addHelpText(
      "after",
      "\nExamples:\n  slipway tokens create ci --role builder --expires 720h\n  slipway tokens create shop-ci --project shop",
    )
    .action(async (name: string, flags: CreateTokenFlags) => {
      const { runCreateToken } = await import("../../tokens/run-create-token.js");
      await runCreateToken(name, flags);
    });
}
