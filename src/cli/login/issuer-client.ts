import { Code } from "@connectrpc/connect";
import {
  allowInsecureRequests,
  type Configuration,
  type CustomFetchOptions,
  customFetch,
  type DeviceAuthorizationResponse,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  ResponseBodyError,
  refreshTokenGrant,
  tokenRevocation,
} from "openid-client";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import { boundedRequest } from "../../network/bounded-request.js";
import { isSafeUrl } from "../../network/is-safe-url.js";
import { trustedContext } from "../../tls/trusted-context.js";
import { trustedRoots } from "../../tls/trusted-roots.js";

/** How long an issuer has for one answer, in seconds. */
const timeoutS = 15;
/** Maximum size of an answer, in bytes. */
const maxBytes = 512 * 1024;

/** Tokens of an issuer. */
export interface IssuerTokens {
  idToken: string;
  /** Undefined when the issuer gave none. */
  refreshToken?: string;
}

/** What a person does to log in. */
export interface DeviceCode {
  /** Where the person enters the code. */
  url: string;
  /** The same with the code in it, where the issuer has that. */
  completeUrl?: string;
  code: string;
  /** Waits until the person has done so. PERMISSION_DENIED (LOGIN_DENIED), DEADLINE_EXCEEDED (LOGIN_CODE_EXPIRED). */
  tokens(): Promise<IssuerTokens>;
}

/** A public client of an OpenID issuer. Calls reject with UNAVAILABLE (LOGIN_ISSUER_FAILED). */
export class IssuerClient {
  readonly #url: string;
  readonly #config: Configuration;

  private constructor(url: string, config: Configuration) {
    this.#url = url;
    this.#config = config;
  }

  /** Reads the configuration of the issuer. FAILED_PRECONDITION (LOGIN_ISSUER_UNSAFE) for one without https. */
  static async open(url: string, clientId: string): Promise<IssuerClient> {
    if (!isSafeUrl(url))
      throw typedError({
        code: Code.FailedPrecondition,
        reason: "LOGIN_ISSUER_UNSAFE",
        message: `The issuer ${JSON.stringify(url)} that the host names is not on https.`,
        remedy: "Ask the host's operator to correct the issuers file.",
      });
    const execute = url.startsWith("http:") ? [allowInsecureRequests] : [];
    const options = { execute, timeout: timeoutS, [customFetch]: fetchSafely };
    const config = await discovery(new URL(url), clientId, undefined, None(), options).catch((cause) => {
      throw issuerFailed(url, cause);
    });
    return new IssuerClient(url, config);
  }

  /** Begins a login (RFC 8628). */
  async deviceCode(scopes: readonly string[]): Promise<DeviceCode> {
    const answer = await this.#ask(initiateDeviceAuthorization(this.#config, { scope: scopes.join(" ") }));
    const { user_code: code, verification_uri: url, verification_uri_complete: completeUrl } = answer;
    if (![url, completeUrl ?? url].every(isSafeUrl))
      throw issuerFailed(this.#url, new Error("it names a page that is not on https"));
    return { code, url, completeUrl, tokens: () => this.#poll(answer) };
  }

  async #poll(answer: DeviceAuthorizationResponse): Promise<IssuerTokens> {
    const signal = AbortSignal.timeout(answer.expires_in * 1000);
    try {
      const tokens = tokensOf(
        await pollDeviceAuthorizationGrant(this.#config, answer, undefined, { signal }),
      );
      if (!tokens) throw new Error("it gave no ID token");
      return tokens;
    } catch (cause) {
      const error = oauthError(cause);
      if (error === "access_denied")
        throw failure(Code.PermissionDenied, "LOGIN_DENIED", "The login was denied in the browser.");
      if (error === "expired_token" || signal.aborted)
        throw failure(Code.DeadlineExceeded, "LOGIN_CODE_EXPIRED", "Nobody entered the code in time.");
      throw issuerFailed(this.#url, cause);
    }
  }

  /** The next tokens; undefined when the issuer does not take the refresh token any more, or gives no ID token for it. */
  async renew(refreshToken: string): Promise<IssuerTokens | undefined> {
    const answer = await this.#ask(
      refreshTokenGrant(this.#config, refreshToken).catch((cause) => {
        if (oauthError(cause) === "invalid_grant") return undefined;
        throw cause;
      }),
    );
    return answer && tokensOf(answer);
  }

  /** Revokes a refresh token (RFC 7009), where the issuer offers that. */
  async revoke(refreshToken: string): Promise<void> {
    if (!this.#config.serverMetadata().revocation_endpoint) return;
    await this.#ask(tokenRevocation(this.#config, refreshToken, { token_type_hint: "refresh_token" }));
  }

  #ask<T>(answer: Promise<T>): Promise<T> {
    return answer.catch((cause) => {
      throw issuerFailed(this.#url, cause);
    });
  }
}

function tokensOf(answer: { id_token?: string; refresh_token?: string }): IssuerTokens | undefined {
  const { id_token: idToken, refresh_token: refreshToken } = answer;
  return idToken === undefined ? undefined : { idToken, refreshToken };
}

/** The library's requests, with the certificates that this machine trusts. */
async function fetchSafely(
  url: string,
  { method, headers, body, signal }: CustomFetchOptions,
): Promise<Response> {
  const secureContext = url.startsWith("https:") ? trustedContext(await trustedRoots()) : undefined;
  const answer = await boundedRequest(new URL(url), {
    method,
    headers,
    body: body?.toString(),
    signal,
    secureContext,
    maxBytes,
  });
  const given = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  return new Response(answer.body || null, { status: answer.status, headers: given as [string, string][] });
}

/** The error of the issuer's answer, such as "invalid_grant". */
function oauthError(cause: unknown): string | undefined {
  return cause instanceof ResponseBodyError ? cause.error : undefined;
}

function issuerFailed(issuer: string, cause: unknown) {
  const why =
    cause instanceof ResponseBodyError ? (cause.error_description ?? cause.error) : innermost(cause);
  return typedError({
    code: Code.Unavailable,
    reason: "LOGIN_ISSUER_FAILED",
    message: `The issuer ${issuer} cannot be asked: ${why}.`,
    remedy: "Check the network, and ask the host's operator about the login in the issuers file.",
    metadata: { issuer },
  });
}

/** The library wraps errors of connections. */
function innermost(cause: unknown): string {
  const { message, cause: inner } = cause as Error;
  return inner instanceof Error ? innermost(inner) : message;
}

function failure(code: Code, reason: Reason, message: string) {
  return typedError({ code, reason, message, remedy: "Log in again." });
}
