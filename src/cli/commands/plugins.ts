import type { SlipwayCommand } from "../slipway-command.js";
import { addPluginsAttachCommand } from "./plugins/attach.js";
import { addPluginsDetachCommand } from "./plugins/detach.js";
import { addPluginsDisableCommand } from "./plugins/disable.js";
import { addPluginsEnableCommand } from "./plugins/enable.js";
import { addPluginsInspectCommand } from "./plugins/inspect.js";
import { addPluginsInstallCommand } from "./plugins/install.js";
import { addPluginsLsCommand, pluginsLs } from "./plugins/ls.js";
import { addPluginsRemoveCommand } from "./plugins/remove.js";
import { addPluginsRestartCommand } from "./plugins/restart.js";
import { addPluginsVerifyCommand } from "./plugins/verify.js";

const examples = `
Examples:
  slipway plugins install ./acme-driver.tar.gz \\
    --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  slipway plugins verify
  slipway plugins restart docker`;

/** `slipway plugins`; without a subcommand it is `slipway plugins ls`. */
export function addPluginsCommand(program: SlipwayCommand): void {
  const command = program
    .command("plugins")
    .summary("list, install and repair plugins")
    .addHelpText("after", examples);
  pluginsLs(command);
  addPluginsLsCommand(command);
  addPluginsInspectCommand(command);
  addPluginsInstallCommand(command);
  addPluginsRemoveCommand(command);
  addPluginsEnableCommand(command);
  addPluginsDisableCommand(command);
  addPluginsVerifyCommand(command);
  addPluginsRestartCommand(command);
  addPluginsAttachCommand(command);
  addPluginsDetachCommand(command);
}
