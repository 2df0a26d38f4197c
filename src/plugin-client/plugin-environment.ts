import { foreignVariables, magicCookie, protocolVersions, variables } from "../plugin-protocol/contract.js";

/** The environment of a plugin: the host's own, and what the contract adds. */
export function pluginEnvironment(
  hostEnv: NodeJS.ProcessEnv,
  certificate: string,
  socketDir: string,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...hostEnv };
  for (const name of foreignVariables) delete env[name];
  return {
    ...env,
    [magicCookie.key]: magicCookie.value,
    [variables.protocolVersions]: protocolVersions.join(","),
    [variables.clientCertificate]: certificate,
    [variables.socketDir]: socketDir,
    [variables.heldStdin]: "true",
  };
}
