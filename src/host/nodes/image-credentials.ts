import { create } from "@bufbuild/protobuf";
import type { Credential, CredentialProvider } from "../../config/credential.js";
import { dockerConfigDir, readDockerConfig } from "../../config/docker-config.js";
import { dockerCredentials } from "../../config/docker-credentials.js";
import { helperEnvironment } from "../../config/helper-environment.js";
import {
  type RegistryCredential,
  RegistryCredentialSchema,
} from "../../gen/slipway/common/v1/credential_pb.js";
import { ProgressSchema } from "../../gen/slipway/common/v1/progress_pb.js";
import type { User } from "../access/user.js";
import type { OnProgress } from "./progress.js";

/** The logins in the Docker configuration of a local user. The configuration is read when a login is first needed. */
export function userCredentials({ environment, isLocal }: User): CredentialProvider[] {
  if (!isLocal) return [];
  return [
    async (registry, signal) => {
      const env = helperEnvironment(environment);
      const config = await readDockerConfig(environment.DOCKER_CONFIG || dockerConfigDir(env), env);
      const credential = await dockerCredentials(config)(registry, signal);
      // The login may be in what cannot be read.
      if (!credential && config.faults[0]) throw config.faults[0];
      return credential;
    },
  ];
}

/**
 * Looks up the logins for pulling a node's images. A login that cannot be read is reported as a failed step and left
 * out: the image may be public, or already present.
 */
export async function imageCredentials(
  registries: readonly string[],
  providers: readonly CredentialProvider[],
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Record<string, RegistryCredential>> {
  const found: Record<string, RegistryCredential> = {};
  for (const registry of registries) {
    try {
      const { username, secret } = (await firstCredential(providers, registry, signal)) ?? {};
      if (secret) found[registry] = create(RegistryCredentialSchema, { username, secret });
    } catch (cause) {
      signal.throwIfAborted();
      const name = `Looking up the login for ${registry}`;
      const error = (cause as Error).message;
      onProgress(create(ProgressSchema, { id: `login ${registry}`, name, done: true, error }));
    }
  }
  return found;
}

/** The login for a registry from the first provider that has one. */
export async function firstCredential(
  providers: readonly CredentialProvider[],
  registry: string,
  signal: AbortSignal,
): Promise<Credential | undefined> {
  for (const provider of providers) {
    const credential = await provider(registry, signal);
    if (credential) return credential;
  }
  return undefined;
}
