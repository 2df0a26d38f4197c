import type { Credential, CredentialProvider } from "./credential.js";
import { askCredentialHelper } from "./credential-helper.js";
import type { DockerConfig } from "./docker-config.js";
import { registryKey } from "./registry-host.js";

/** How long a helper's answer is reused. The tokens of some registries are valid for 5 minutes. */
const maxAgeMs = 290_000;

/**
 * Credentials from docker's configuration: the helper for the registry, else the helper for all, else the file.
 * `DOCKER_AUTH_CONFIG` wins over all of them, as in docker. Helpers run one at a time, since some keychains hang
 * otherwise, and an answer is reused for less than 5 minutes.
 */
export function dockerCredentials(config: DockerConfig): CredentialProvider {
  const answers = new Map<string, { credential: Credential | undefined; until: number }>();
  let previous: Promise<unknown> = Promise.resolve();

  return async (registry, signal) => {
    const server = registryKey(registry);
    const inFile = find(config.auths, server);
    const helper = find(config.credHelpers, server)?.value ?? config.credsStore;
    if (helper === undefined || (inFile !== undefined && config.fromEnvironment.has(inFile.name)))
      return inFile?.value;

    const answer = previous.then(async () => {
      const known = answers.get(server);
      if (known !== undefined && known.until > performance.now()) return known.credential;
      const credential = await askCredentialHelper(helper, server, { env: config.env, signal });
      answers.set(server, { credential, until: performance.now() + maxAgeMs });
      return credential;
    });
    previous = answer.catch(() => {});
    return answer;
  };
}

/** The entry for a server, by its exact name or by another form of the same address. */
function find<T>(entries: ReadonlyMap<string, T>, server: string): { name: string; value: T } | undefined {
  const exact = entries.get(server);
  if (exact !== undefined) return { name: server, value: exact };
  for (const [name, value] of entries) if (registryKey(name) === server) return { name, value };
  return undefined;
}
