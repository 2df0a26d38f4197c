import { auth } from "../../buildkit/auth/auth.js";
import { secrets } from "../../buildkit/secrets/secrets.js";
import type { SessionMethod } from "../../buildkit/session/method.js";
import { openAgent } from "../../buildkit/ssh/open-agent.js";
import { defaultSshId, ssh } from "../../buildkit/ssh/ssh.js";
import { type CredentialProvider, givenCredentials } from "../../config/credential.js";
import { readDockerConfig } from "../../config/docker-config.js";
import { dockerCredentials } from "../../config/docker-credentials.js";
import type { BuildSpec } from "../../gen/slipway/v1/build_spec_pb.js";

/** The session methods for secrets, SSH agents and registry logins of a specification. */
export async function credentialMethods(
  spec: BuildSpec,
  providers: readonly CredentialProvider[],
): Promise<SessionMethod[]> {
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
    ...auth(providers),
  ];
}

/** The sources of registry logins: the request, then the docker configuration of the user on this machine. */
export async function credentialProviders(
  spec: BuildSpec,
  options: { isLocal: boolean },
): Promise<CredentialProvider[]> {
  const { logins = {}, dockerConfigDir, noDockerConfig } = spec.registryAuth ?? {};
  const given = givenCredentials(
    Object.entries(logins).map(([host, { username, secret }]) => [host, { username, secret }]),
  );
  if (noDockerConfig || !options.isLocal) return [given];
  return [given, dockerCredentials(await readDockerConfig(dockerConfigDir || undefined))];
}
