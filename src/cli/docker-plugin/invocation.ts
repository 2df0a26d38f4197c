import { basename } from "node:path";
import { version } from "../../util/version.js";
import { buildxProgram, buildxVersion } from "../print-version.js";

/** How this program was invoked. */
export type Invocation =
  /** Docker's CLI requests the plugin's metadata. */
  { kind: "metadata"; text: string } | Command;

interface Command {
  kind: "command";
  args: string[];
  /** Variables in place of docker's own flags, such as --context. */
  env: Record<string, string>;
}

/** The command that answers what completes a command line. It is Cobra's, so that docker's CLI runs it in its plugins. */
export const completeCommand = "__complete";

/** Name of the program as a plugin beside others. */
export const slipwayPlugin = "docker-slipway";

/** The plugins that this program can be, by the name of its file. */
const plugins: Record<string, { command: string; version: string }> = {
  [slipwayPlugin]: { command: "slipway", version },
  // Compose refuses to build with an earlier buildx than it knows.
  [buildxProgram]: { command: "buildx", version: buildxVersion },
};

/** Docker's own flags with a value, and the corresponding variable. */
const dockerFlags: Record<string, string> = {
  "--context": "DOCKER_CONTEXT",
  "-c": "DOCKER_CONTEXT",
  "--host": "DOCKER_HOST",
  "-H": "DOCKER_HOST",
  "--config": "DOCKER_CONFIG",
  "--log-level": "",
  "-l": "",
  "--tlscacert": "",
  "--tlscert": "",
  "--tlskey": "",
};

/**
 * Parses the command line. Docker's CLI, which sets a variable with its own path, puts its own flags and the plugin's
 * command first. Other programs, such as compose, run a plugin like any program.
 */
export function readInvocation(
  program: string,
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Invocation {
  const plugin = plugins[basename(program)];
  if (plugin && argv[0] === "docker-cli-plugin-metadata")
    return { kind: "metadata", text: metadata(plugin.version) };
  if (!plugin || !environment.DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND)
    return { kind: "command", args: [...argv], env: {} };
  if (argv[0] === completeCommand) {
    const { args, env } = readInvocation(program, argv.slice(1), environment) as Command;
    return { kind: "command", args: [completeCommand, ...args], env };
  }
  const env: Record<string, string> = {};
  const args: string[] = [];
  let index = 0;
  for (; index < argv.length && argv[index] !== plugin.command; index++) {
    const [flag = "", inline] = argv[index]!.split(/=(.*)/s);
    if (flag === "-D" || flag === "--debug") args.push("--debug");
    const variable = dockerFlags[flag];
    if (variable === undefined) continue;
    const value = inline ?? argv[++index] ?? "";
    if (variable) env[variable] = value;
  }
  return { kind: "command", args: [...args, ...argv.slice(index + 1)], env };
}

function metadata(pluginVersion: string): string {
  return JSON.stringify({
    SchemaVersion: "0.1.0",
    Vendor: "Slipway",
    Version: `v${pluginVersion}`,
    ShortDescription: "BuildKit builds as a service",
  });
}
