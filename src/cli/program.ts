import { addBuildCommand } from "./commands/build.js";
import { addBuildsCommand } from "./commands/builds.js";
import { addConformanceCommand } from "./commands/conformance.js";
import { addCreateCommand } from "./commands/create.js";
import { addDialStdioCommand } from "./commands/dial-stdio.js";
import { addDriversCommand } from "./commands/drivers.js";
import { addDuCommand } from "./commands/du.js";
import { addHistoryCommand } from "./commands/history.js";
import { addInspectCommand } from "./commands/inspect.js";
import { addLsCommand } from "./commands/ls.js";
import { addPluginsCommand } from "./commands/plugins.js";
import { addPruneCommand } from "./commands/prune.js";
import { addRmCommand } from "./commands/rm.js";
import { addServeCommand } from "./commands/serve.js";
import { addStopCommand } from "./commands/stop.js";
import { addTokensCommand } from "./commands/tokens.js";
import { addUseCommand } from "./commands/use.js";
import { addVersionCommand } from "./commands/version.js";
import { SlipwayCommand } from "./slipway-command.js";

const environmentHelp = `
Environment:
  SLIPWAY_HOST      host to use: unix:///path or https://host:port (default: a local host, started if needed)
  BUILDX_BUILDER    builder to use
  BUILDKIT_PROGRESS progress mode`;

/** The command line. Each command loads its implementation when it runs, so that the CLI starts fast. */
export function createProgram(): SlipwayCommand {
  const program = new SlipwayCommand("slipway");
  program
    .description("Builds container images with BuildKit, through drivers that are plugins.")
    .option("--builder <name>", "builder to use", process.env.BUILDX_BUILDER || undefined)
    .option("-D, --debug", "show details of warnings and errors")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", environmentHelp)
    .showHelpAfterError("See --help.")
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "ERROR: ")),
    });
  addBuildCommand(program);
  addBuildsCommand(program);
  addHistoryCommand(program);
  addLsCommand(program);
  addInspectCommand(program);
  addCreateCommand(program);
  addUseCommand(program);
  addStopCommand(program);
  addRmCommand(program);
  addDuCommand(program);
  addPruneCommand(program);
  addDialStdioCommand(program);
  addDriversCommand(program);
  addPluginsCommand(program);
  addConformanceCommand(program);
  addServeCommand(program);
  addTokensCommand(program);
  addVersionCommand(program);
  return program;
}
