import type { KeyObject } from "node:crypto";
import { Code } from "@connectrpc/connect";
import type { Credential, CredentialProvider } from "../../config/credential.js";
import { InputError } from "../../errors/input-error.js";
import { StatusError } from "../../errors/status-error.js";
import { Auth } from "../../gen/moby/filesync/v1/auth_pb.js";
import type { RefuseAddress } from "../../network/guarded-lookup.js";
import { fetchRegistryToken } from "../../registry/registry-token.js";
import { withPeriod } from "../../util/with-period.js";
import { type SessionMethod, unaryMethod } from "../session/method.js";
import { authorityKey, publicBytes, signedPayload } from "./token-authority.js";

/** Which addresses the token server of a registry may not have; undefined for none. */
export type TokenServerGuard = (registry: string) => Promise<RefuseAddress | undefined>;

/**
 * Gives BuildKit access to registries, each with the credential that the first provider has for it.
 *
 * For registries with a token server BuildKit gets tokens instead of the password, and proofs that two builds have the
 * same credential. UNAVAILABLE makes BuildKit fetch the token itself: without a credential, behind a proxy (which is
 * configured in BuildKit, not here), or with `BUILDKIT_NO_CLIENT_TOKEN=1` as in buildx.
 */
export function auth(
  providers: readonly CredentialProvider[],
  env = process.env,
  guardOf: TokenServerGuard = async () => undefined,
): SessionMethod[] {
  async function find(registry: string, signal: AbortSignal): Promise<Credential | undefined> {
    try {
      for (const provider of providers) {
        const credential = await provider(registry, signal);
        if (credential !== undefined) return credential;
      }
      return undefined;
    } catch (error) {
      if (error instanceof InputError)
        throw new StatusError(Code.FailedPrecondition, `${withPeriod(error.message)} ${error.remedy}`.trim());
      throw error;
    }
  }

  async function authority(registry: string, salt: Uint8Array, signal: AbortSignal): Promise<KeyObject> {
    const credential = await find(registry, signal);
    if (credential === undefined)
      throw new StatusError(Code.Unavailable, `There is no credential for ${registry}.`);
    if (!credential.registryToken && (isTrue(env.BUILDKIT_NO_CLIENT_TOKEN) || usesProxy(env)))
      throw new StatusError(Code.Unavailable, "This client does not fetch tokens.");
    return authorityKey(registry, credential, salt);
  }

  return [
    unaryMethod(Auth.method.credentials, async ({ host }, { signal }) => {
      const { username = "", secret = "" } = (await find(host, signal)) ?? {};
      return { username, secret };
    }),
    unaryMethod(Auth.method.fetchToken, async ({ clientId, host, realm, service, scopes }, { signal }) => {
      const credential = await find(host, signal);
      if (credential?.registryToken) return { token: credential.registryToken, expiresIn: 60n };
      const refuse = await guardOf(host);
      const token = await fetchRegistryToken(
        { clientId, realm, service, scopes, credential, refuse },
        signal,
      );
      return { token: token.token, expiresIn: BigInt(token.expiresIn), issuedAt: BigInt(token.issuedAt) };
    }),
    unaryMethod(Auth.method.getTokenAuthority, async ({ host, salt }, { signal }) => ({
      publicKey: publicBytes(await authority(host, salt, signal)),
    })),
    unaryMethod(Auth.method.verifyTokenAuthority, async ({ host, salt, payload }, { signal }) => ({
      signed: signedPayload(await authority(host, salt, signal), payload),
    })),
  ];
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(1|t|true)$/i.test(value);
}

function usesProxy(env: NodeJS.ProcessEnv): boolean {
  return ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some((name) => !!env[name]);
}
