import type { SlipwayCommand } from "../slipway-command.js";
import { addTokensCreateCommand } from "./tokens/create.js";
import { addTokensLsCommand } from "./tokens/ls.js";
import { addTokensRevokeCommand } from "./tokens/revoke.js";

const examples = `
Examples:
  slipway tokens create ci --role builder --group team-a --expires 720h
  slipway tokens ls
  slipway serve --tcp 127.0.0.1:8080 --token-file ~/.config/slipway/access.toml`;

/** `slipway tokens` */
export function addTokensCommand(program: SlipwayCommand): void {
  const command = program
    .command("tokens")
    .summary("manage the clients of a host on TCP")
    .description("Manages the access file of a host on TCP. A running host reloads it within two seconds.")
    .addHelpText("after", examples);
  addTokensCreateCommand(command);
  addTokensLsCommand(command);
  addTokensRevokeCommand(command);
}
