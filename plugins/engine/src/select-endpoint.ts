import type { Environment } from "slipway/driver";
import { absoluteFolder, configDirOf, defaultConfigDir, readCurrentContext } from "./docker-config.js";
import { checkApiVersion, type EngineEndpoint, parseEndpoint } from "./endpoint.js";
import { defaultSocket, parseTarget } from "./target.js";

/** The variables that select an Engine for the docker CLI, and so for this plugin. */
export const engineVariables = [
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_CONFIG",
  "DOCKER_CERT_PATH",
  "DOCKER_TLS_VERIFY",
  "DOCKER_TLS",
  "DOCKER_API_VERSION",
];

/** The context of DOCKER_HOST, or of the local Engine. */
export const defaultContext = "default";

/** The context that the user's environment selects: DOCKER_HOST wins over DOCKER_CONTEXT over `docker context use`. */
export async function selectContext(environment: Environment): Promise<string> {
  if (environment.DOCKER_HOST) return defaultContext;
  return environment.DOCKER_CONTEXT || (await readCurrentContext(configDirOf(environment))) || defaultContext;
}

/** The endpoint of a context; for the default context, the one that DOCKER_HOST and the TLS variables name. */
export function contextEndpoint(name: string, environment: Environment): EngineEndpoint {
  const endpoint: EngineEndpoint =
    name === defaultContext
      ? environmentEndpoint(environment)
      : { kind: "context", name, configDir: unlessDefault(configDirOf(environment)) };
  const version = environment.DOCKER_API_VERSION;
  if (version) endpoint.apiVersion = checkApiVersion(version, "DOCKER_API_VERSION");
  return endpoint;
}

/** Completes the endpoint that a user gave. An empty endpoint becomes the one that the environment selects. */
export async function resolveEndpoint(given: string, environment: Environment): Promise<EngineEndpoint> {
  if (given === "") return contextEndpoint(await selectContext(environment), environment);
  const endpoint = parseEndpoint(given);
  if (endpoint.kind === "host") return endpoint;
  if (endpoint.name === defaultContext) return contextEndpoint(defaultContext, environment);
  return { ...endpoint, configDir: unlessDefault(endpoint.configDir ?? configDirOf(environment)) };
}

/** The default folder is left out. */
function unlessDefault(configDir: string): string | undefined {
  return configDir === defaultConfigDir() ? undefined : configDir;
}

/** Any value of DOCKER_TLS_VERIFY turns TLS on; any value of DOCKER_TLS turns TLS without verification on. */
function environmentEndpoint(environment: Environment): EngineEndpoint {
  const verify = Boolean(environment.DOCKER_TLS_VERIFY);
  const tls = verify || Boolean(environment.DOCKER_TLS);
  const host = environment.DOCKER_HOST || (tls ? "tcp://localhost:2376" : `unix://${defaultSocket}`);
  const endpoint: EngineEndpoint = { kind: "host", target: parseTarget(host) };
  if (tls && endpoint.target.kind === "tcp") {
    endpoint.certPath = absoluteFolder(environment, "DOCKER_CERT_PATH") ?? configDirOf(environment);
    if (!verify) endpoint.tlsVerify = false;
  }
  return endpoint;
}
