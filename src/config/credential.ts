import { registryKey } from "./registry-host.js";

/** What a registry accepts. Sensitive: never logged or stored. */
export interface Credential {
  /** Empty when the secret is an identity (refresh) token. */
  username: string;
  /** Password, access token or identity token; empty when there is only a registry token. */
  secret: string;
  /** A bearer token that is sent to the registry unchanged. */
  registryToken?: string;
}

/**
 * Finds the credential for a registry host as BuildKit names it (Docker Hub is `registry-1.docker.io`), or undefined.
 * Throws an `InputError` when the configuration names a credential that cannot be read.
 */
export type CredentialProvider = (registry: string, signal: AbortSignal) => Promise<Credential | undefined>;

/** Credentials that came with a request, by registry in any form that {@link registryKey} accepts. */
export function givenCredentials(
  credentials: Iterable<[registry: string, credential: Credential]>,
): CredentialProvider {
  const byKey = new Map(
    Array.from(credentials, ([registry, credential]) => [registryKey(registry), credential]),
  );
  return async (registry) => byKey.get(registryKey(registry));
}

/** The provider's credentials for the registries that `accepts` allows; none for others. */
export function credentialsOnlyFor(
  accepts: (registry: string) => boolean,
  provider: CredentialProvider,
): CredentialProvider {
  return async (registry, signal) => (accepts(registry) ? provider(registry, signal) : undefined);
}
