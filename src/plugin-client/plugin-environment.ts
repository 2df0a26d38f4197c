import {
  contractVariables,
  magicCookie,
  protocolVersions,
  unusedVariables,
} from "../plugin-protocol/process-contract.js";

/** The environment of a plugin: the host's own, plus the variables of the process contract. */
export function pluginEnvironment(
  hostEnv: NodeJS.ProcessEnv,
  certificate: string,
  socketDir: string,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...hostEnv };
  for (const name of unusedVariables) delete env[name];
  return {
    ...env,
    [magicCookie.key]: magicCookie.value,
    [contractVariables.protocolVersions]: protocolVersions.join(","),
    [contractVariables.clientCertificate]: certificate,
    [contractVariables.socketDir]: socketDir,
    [contractVariables.heldStdin]: "true",
  };
}
