import { secrets } from "../../buildkit/secrets/secrets.js";
import type { SessionMethod } from "../../buildkit/session/method.js";
import { openAgent } from "../../buildkit/ssh/open-agent.js";
import { defaultSshId, ssh } from "../../buildkit/ssh/ssh.js";
import { type CredentialProvider, givenCredentials } from "../../config/credential.js";
import { dockerConfigDir, readDockerConfig } from "../../config/docker-config.js";
import { dockerCredentials } from "../../config/docker-credentials.js";
import { helperEnvironment } from "../../config/helper-environment.js";
import type { BuildSpec } from "../../gen/slipway/build/v1/build_spec_pb.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { warning } from "./warning.js";

/** The session methods for secrets and SSH agents of a specification. */
export async function secretMethods(spec: BuildSpec): Promise<SessionMethod[]> {
  const agents = await Promise.all(
    spec.ssh.map(async (forward) => {
      const id = forward.id || defaultSshId;
      const keys = forward.keys.map((data, index) => ({ name: `key ${index} of ${id}`, data }));
      const source = forward.agentSocket
        ? ({ kind: "paths", paths: [forward.agentSocket] } as const)
        : ({ kind: "keys", keys } as const);
      return [id, await openAgent(id, source)] as const;
    }),
  );
  return [
    ...secrets(new Map(spec.secrets.map(({ id, value }) => [id, value]))),
    ...(agents.length > 0 ? ssh(new Map(agents)) : []),
  ];
}

/**
 * The sources of registry logins: the request, then the docker configuration of the user on this machine.
 * @param warn is called for what cannot be read in that configuration
 */
export async function credentialProviders(
  spec: Pick<BuildSpec, "registryAuth" | "environment">,
  options: { isLocal: boolean },
  warn: (warning: Diagnostic) => void,
): Promise<CredentialProvider[]> {
  const { logins = {}, dockerConfigDir: folder, noDockerConfig } = spec.registryAuth ?? {};
  const given = givenCredentials(
    Object.entries(logins).map(([host, { username, secret }]) => [host, { username, secret }]),
  );
  if (noDockerConfig || !options.isLocal) return [given];
  const env = helperEnvironment(spec.environment);
  const config = await readDockerConfig(folder || dockerConfigDir(env), env);
  for (const { reason, message, remedy } of config.faults)
    warn(warning("spec.registry_auth", reason, message, remedy));
  return [given, dockerCredentials(config)];
}
