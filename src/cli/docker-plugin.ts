import { basename } from "node:path";
import { version } from "../util/version.js";

/** Name under which docker's CLI runs this program. */
const pluginName = "docker-slipway";

/** The metadata that docker's CLI requests from its plugins. */
export const pluginMetadata = JSON.stringify({
  SchemaVersion: "0.1.0",
  Vendor: "Slipway",
  Version: `v${version}`,
  ShortDescription: "BuildKit builds as a service",
});

/** How this program was invoked. */
export type Invocation =
  | { kind: "metadata" }
  | {
      kind: "command";
      args: string[];
      /** Variables in place of docker's own flags, such as --context. */
      env: Record<string, string>;
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

/** Parses the command line. For a plugin, docker's own flags precede the plugin's name. */
export function readInvocation(program: string, argv: readonly string[]): Invocation {
  if (basename(program) !== pluginName) return { kind: "command", args: [...argv], env: {} };
  if (argv[0] === "docker-cli-plugin-metadata") return { kind: "metadata" };
  const env: Record<string, string> = {};
  const args: string[] = [];
  let index = 0;
  for (; index < argv.length && argv[index] !== "slipway"; index++) {
    const [flag = "", inline] = argv[index]!.split(/=(.*)/s);
    if (flag === "-D" || flag === "--debug") args.push("--debug");
    const variable = dockerFlags[flag];
    if (variable === undefined) continue;
    const value = inline ?? argv[++index] ?? "";
    if (variable) env[variable] = value;
  }
  return { kind: "command", args: [...args, ...argv.slice(index + 1)], env };
}
