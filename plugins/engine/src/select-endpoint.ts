import type { Environment } from "slipway/driver";
import { absoluteFolder, configDirOf, defaultConfigDir, readCurrentContext } from "./docker-config.js";
import { checkApiVersion, type EngineEndpoint, parseEndpoint } from "./endpoint.js";
import { defaultSocket, parseTarget } from "./target.js";

/** The variables by which users tell the docker CLI, and so this plugin, which Engine they mean. */
export const engineVariables = [
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_CONFIG",
  "DOCKER_CERT_PATH",
  "DOCKER_TLS_VERIFY",
  "DOCKER_TLS",
  "DOCKER_API_VERSION",
];

/** The name of the context that stands for DOCKER_HOST, or for the local Engine. */
export const defaultContext = "default";

/** The context that the user's environment selects: DOCKER_HOST wins over DOCKER_CONTEXT over `docker context use`. */
export async function selectContext(environment: Environment): Promise<string> {
  if (environment.DOCKER_HOST) return defaultContext;
  return environment.DOCKER_CONTEXT || (await readCurrentContext(configDirOf(environment))) || defaultContext;
}

/** The endpoint of a context. That of the default one is made of DOCKER_HOST and the TLS variables. */
export function contextEndpoint(name: string, environment: Environment): EngineEndpoint {
  const endpoint: EngineEndpoint =
    name === defaultContext
      ? environmentEndpoint(environment)
      : { kind: "context", name, configDir: shortened(configDirOf(environment)) };
  const version = environment.DOCKER_API_VERSION;
  if (version) endpoint.apiVersion = checkApiVersion(version, "DOCKER_API_VERSION");
  return endpoint;
}

/** The endpoint that a user gave, complete in itself; an empty one is what the environment selects. */
export async function resolveEndpoint(given: string, environment: Environment): Promise<EngineEndpoint> {
  if (given === "") return contextEndpoint(await selectContext(environment), environment);
  const endpoint = parseEndpoint(given);
  if (endpoint.kind === "host") return endpoint;
  if (endpoint.name === defaultContext) return contextEndpoint(defaultContext, environment);
  return { ...endpoint, configDir: shortened(endpoint.configDir ?? configDirOf(environment)) };
}

/** The default folder goes without saying. */
function shortened(configDir: string): string | undefined {
  return configDir === defaultConfigDir() ? undefined : configDir;
}

/** DOCKER_TLS_VERIFY asks for TLS, DOCKER_TLS for TLS whose certificate is not checked; any value counts. */
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
