import { addAccessCommand } from "./commands/access.js";
import { addBakeCommand } from "./commands/bake.js";
import { addBuildCommand } from "./commands/build.js";
import { addInstallCommand, addUninstallCommand } from "./commands/builder-alias.js";
import { addBuildsCommand } from "./commands/builds.js";
import { addCompletionCommand } from "./commands/completion.js";
import { addConformanceCommand } from "./commands/conformance.js";
import { addCreateCommand } from "./commands/create.js";
import { addDapCommand } from "./commands/dap.js";
import { addDebugCommand } from "./commands/debug.js";
import { addDialStdioCommand } from "./commands/dial-stdio.js";
import { addDockerPluginCommand } from "./commands/docker-plugin.js";
import { addDoctorCommand } from "./commands/doctor.js";
import { addDriversCommand } from "./commands/drivers.js";
import { addDuCommand } from "./commands/du.js";
import { addHistoryCommand } from "./commands/history.js";
import { addImagetoolsCommand } from "./commands/imagetools.js";
import { addInspectCommand } from "./commands/inspect.js";
import { addLoginCommand } from "./commands/login.js";
import { addLogoutCommand } from "./commands/logout.js";
import { addLsCommand } from "./commands/ls.js";
import { addPluginsCommand } from "./commands/plugins.js";
import { addPolicyCommand } from "./commands/policy.js";
import { addPruneCommand } from "./commands/prune.js";
import { addRmCommand } from "./commands/rm.js";
import { addServeCommand } from "./commands/serve.js";
import { addStopCommand } from "./commands/stop.js";
import { addTokensCommand } from "./commands/tokens.js";
import { addUiCommand } from "./commands/ui.js";
import { addUpdateCommand } from "./commands/update.js";
import { addUseCommand } from "./commands/use.js";
import { addVersionCommand } from "./commands/version.js";
import { helpWidth, printAtOnce, printError } from "./output/print.js";
import { versionLine } from "./print-version.js";
import { SlipwayCommand } from "./slipway-command.js";

const moreHelp = `
Examples:
  slipway build -t myapp .
  slipway ls

Environment:
  SLIPWAY_HOST      host to use: unix:///path or https://host:port (default: a
                    local host, started if needed)
  SLIPWAY_PROJECT   project of builds
  BUILDX_BUILDER    builder to use
  BUILDKIT_PROGRESS progress mode`;

/** What `slipway` alone prints. */
export const firstSteps = `Builds container images with BuildKit.

  slipway build -t myapp .   build an image
  slipway ls                 list builders; \`slipway create\` makes one
  slipway doctor             find out what is wrong

All commands: slipway --help
`;

/** What adds each command, in the order of the help. */
const commands = new Map<string, (program: SlipwayCommand) => void>([
  ["bake", addBakeCommand],
  ["build", addBuildCommand],
  ["dap", addDapCommand],
  ["debug", addDebugCommand],
  ["builds", addBuildsCommand],
  ["history", addHistoryCommand],
  ["imagetools", addImagetoolsCommand],
  ["policy", addPolicyCommand],
  ["ls", addLsCommand],
  ["inspect", addInspectCommand],
  ["create", addCreateCommand],
  ["update", addUpdateCommand],
  ["use", addUseCommand],
  ["access", addAccessCommand],
  ["stop", addStopCommand],
  ["rm", addRmCommand],
  ["du", addDuCommand],
  ["prune", addPruneCommand],
  ["dial-stdio", addDialStdioCommand],
  ["drivers", addDriversCommand],
  ["plugins", addPluginsCommand],
  ["docker-plugin", addDockerPluginCommand],
  ["ui", addUiCommand],
  ["doctor", addDoctorCommand],
  ["conformance", addConformanceCommand],
  ["login", addLoginCommand],
  ["logout", addLogoutCommand],
  ["serve", addServeCommand],
  ["tokens", addTokensCommand],
  ["completion", addCompletionCommand],
  ["version", addVersionCommand],
  ["install", addInstallCommand],
  ["uninstall", addUninstallCommand],
]);

/**
 * The command line, so that it starts fast: each command loads its implementation when it runs, and arguments that begin
 * with a command's name get that command only.
 */
export function createProgram(args: readonly string[] = [], env = process.env): SlipwayCommand {
  const program = new SlipwayCommand("slipway");
  program
    .description("Builds container images with BuildKit, through drivers that are plugins.")
    .option("--builder <name>", "builder to use", env.BUILDX_BUILDER || undefined)
    .option("-D, --debug", "show details of warnings and errors")
    .version(versionLine(), "--version", "show the version")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", moreHelp)
    .showHelpAfterError("See --help.")
    .exitOverride()
    .configureOutput({
      writeOut: printAtOnce,
      // Commander's own ones load process.stdout.
      getOutHelpWidth: helpWidth,
      getOutHasColors: () => false,
      writeErr: printError,
      outputError: (text, write) => write(text.replace(/^error: /, "ERROR: ")),
    });
  const command = commands.get(args[0] ?? "");
  for (const add of command ? [command] : commands.values()) add(program);
  return program;
}
