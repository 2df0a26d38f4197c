import type { RegistryCredential } from "slipway/driver";

/** The content of the Engine's header X-Registry-Auth. A secret without a user name is an identity token. */
export function registryAuth(credential: RegistryCredential | undefined) {
  if (!credential) return {};
  const { username, secret } = credential;
  return username ? { username, password: secret } : { identitytoken: secret };
}
