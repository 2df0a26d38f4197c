import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { Environment } from "slipway/driver";
import { endpointError } from "../../engine/src/engine-error.js";
import { selectContext } from "../../engine/src/select-endpoint.js";
import type { CommandEndpoint } from "./endpoint.js";
import { agentVariable, programVariables } from "./program-variables.js";

/** Those with a path, and KUBECONFIG with a list of paths. */
const pathVariables = [
  agentVariable,
  "DOCKER_CONFIG",
  "DOCKER_CERT_PATH",
  "CONTAINER_SSHKEY",
  "CONTAINERS_CONF",
  "CONTAINERS_STORAGE_CONF",
  "NERDCTL_TOML",
  "KUBECONFIG",
];

/**
 * Completes an endpoint with the variables of the user's environment, so that it means the same in any other one. An
 * endpoint that names a variable is complete. Throws ENVIRONMENT_INVALID for a variable that cannot be kept.
 */
export async function withVariables(
  endpoint: CommandEndpoint,
  environment: Environment,
): Promise<CommandEndpoint> {
  const variables = endpoint.variables ?? (await readVariables(endpoint, environment));
  for (const [name, value] of Object.entries(variables)) checkVariable(name, value);
  return { ...endpoint, variables };
}

async function readVariables(
  endpoint: CommandEndpoint,
  environment: Environment,
): Promise<Record<string, string>> {
  const names = programVariables[endpoint.kind];
  const found: Environment = { ...environment };
  // `docker context use` must not lead the builder to another container of that name.
  if (endpoint.kind === "docker-container" && !endpoint.context && !environment.DOCKER_HOST)
    found.DOCKER_CONTEXT = await selectContext(environment);
  const set = names.filter((name) => found[name]);
  return set.length > 0 ? Object.fromEntries(set.map((name) => [name, found[name]!])) : { [names[0]!]: "" };
}

function checkVariable(name: string, value: string): void {
  if (pathVariables.includes(name)) {
    const paths = name === "KUBECONFIG" ? value.split(":") : [value];
    // The user's working directory is unknown here.
    if (paths.some((path) => path !== "" && !isAbsolute(path)))
      throw endpointError(
        "ENVIRONMENT_INVALID",
        `${name} is the relative path "${value}".`,
        `Set ${name} to an absolute path.`,
      );
  }
  if (URL.canParse(value) && new URL(value).password)
    throw endpointError(
      "ENVIRONMENT_INVALID",
      `${name} has a password, which would be shown with the endpoint.`,
      "Use a key instead of the password.",
    );
}

/** The environment of an endpoint's program: this process's, with the endpoint's variables instead of its own. */
export function programEnvironment({ kind, variables }: CommandEndpoint): NodeJS.ProcessEnv {
  if (!variables) return process.env;
  const env = { ...process.env };
  for (const name of programVariables[kind]) delete env[name];
  for (const [name, value] of Object.entries(variables)) if (value) env[name] = value;
  // Many agents have another socket after each login.
  if (env[agentVariable] && !existsSync(env[agentVariable])) env[agentVariable] = process.env[agentVariable];
  return env;
}
