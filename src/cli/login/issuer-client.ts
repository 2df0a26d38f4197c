import { setTimeout as sleep } from "node:timers/promises";
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
import type { TcpAddress } from "../../host-address/address.js";
import { boundedRequest } from "../../network/bounded-request.js";
import { isLoopback } from "../../network/is-loopback.js";
import { isSafeUrl } from "../../network/is-safe-url.js";
import { trustedContext } from "../../tls/trusted-context.js";
import { trustedRoots } from "../../tls/trusted-roots.js";
import { withPeriod } from "../../util/with-period.js";
import { visibleLine } from "../output/visible.js";

/** How long an issuer has for one answer, in seconds. */
const timeoutS = 15;
/** Maximum size of an answer, in bytes. */
const maxBytes = 512 * 1024;
/** Maximum time to wait for a person, in seconds, whatever the issuer says. Longer timers of Node expire at once. */
const maxCodeLifetimeS = 24 * 60 * 60;
/** The longest wait before an issuer that did not answer is asked again, in milliseconds. */
const maxDelayMs = 30_000;
/** Maximum length of a code that a person enters, in characters. */
const maxCodeLength = 64;
/** Maximum length of an issuer's error that is shown, in characters. */
const maxShown = 300;

/** Tokens of an issuer. */
export interface IssuerTokens {
  idToken: string;
  /** Undefined when the issuer gave none. */
  refreshToken?: string;
}

/** What a person does to log in. */
export interface DeviceCode {
  /** Where the person enters the code, as {@link shownUrl} shows it. */
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
  readonly #host: TcpAddress;
  readonly #config: Configuration;

  private constructor(url: string, host: TcpAddress, config: Configuration) {
    this.#url = url;
    this.#host = host;
    this.#config = config;
  }

  /**
   * Reads the configuration of an issuer that a host names. FAILED_PRECONDITION (LOGIN_ISSUER_UNSAFE) for a URL that
   * {@link isSafeIssuer} refuses.
   */
  static async open(url: string, clientId: string, host: TcpAddress): Promise<IssuerClient> {
    if (!isSafeIssuer(url, host))
      throw typedError({
        code: Code.FailedPrecondition,
        reason: "LOGIN_ISSUER_UNSAFE",
        message: `The host names ${JSON.stringify(url)}, which is not the URL of an issuer on https.`,
        remedy: "Ask the host's operator to correct the issuers file.",
      });
    const execute = new URL(url).protocol === "http:" ? [allowInsecureRequests] : [];
    const options = { execute, timeout: timeoutS, [customFetch]: fetchSafely };
    const config = await discovery(new URL(url), clientId, undefined, None(), options).catch((cause) => {
      throw issuerFailed(url, cause);
    });
    return new IssuerClient(url, host, config);
  }

  /** Begins a login (RFC 8628). */
  async deviceCode(scopes: readonly string[]): Promise<DeviceCode> {
    const answer = await this.#ask(initiateDeviceAuthorization(this.#config, { scope: scopes.join(" ") }));
    const { user_code: code, verification_uri: page, verification_uri_complete: complete } = answer;
    if (![page, complete ?? page].every((each) => isSafeUrl(each) && isReachable(each, this.#host)))
      throw issuerFailed(this.#url, new Error("it names a page that is not on https, or on this machine"));
    if (code.length > maxCodeLength)
      throw issuerFailed(this.#url, new Error(`its code is longer than ${maxCodeLength} characters`));
    const completeUrl = complete && shownUrl(complete);
    return { code, url: shownUrl(page), completeUrl, tokens: () => this.#poll(answer) };
  }

  async #poll(answer: DeviceAuthorizationResponse): Promise<IssuerTokens> {
    const lifetimeS = Math.min(Math.ceil(answer.expires_in), maxCodeLifetimeS);
    const signal = AbortSignal.timeout(lifetimeS * 1000);
    try {
      const tokens = tokensOf(await this.#untilAnswered(answer, signal));
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

  /** Asks again, less often each time, when the issuer does not answer, as RFC 8628 wants it (3.5). */
  async #untilAnswered(answer: DeviceAuthorizationResponse, signal: AbortSignal) {
    for (let delayMs = 1_000; ; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
      try {
        return await pollDeviceAuthorizationGrant(this.#config, answer, undefined, { signal });
      } catch (cause) {
        if (signal.aborted || !isUnanswered(cause)) throw cause;
        await sleep(delayMs, undefined, { signal });
      }
    }
  }

  /** The next tokens; undefined when the issuer refuses the refresh token, or gives no ID token for it. */
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

/** Whether a host may name a URL as its issuer. Queries and `/.well-known/` would let a host choose the path of a request. */
function isSafeIssuer(url: string, host: TcpAddress): boolean {
  if (!isSafeUrl(url)) return false;
  return !/[?#]|\/\.well-known\//.test(new URL(url).href) && isReachable(url, host);
}

/** The loopback interface is that of this machine, so only a host on it, or its issuer, may name a URL there. */
function isReachable(url: string, host: TcpAddress): boolean {
  return !isLoopback(new URL(url).hostname) || isLoopback(new URL(host.url).hostname);
}

/**
 * A URL as it is shown: without spaces, after which a text could follow, and without letters of other scripts in the name
 * of its server, which look like Latin ones.
 */
export function shownUrl(url: string): string {
  const { href } = new URL(url);
  return href === `${url}/` ? url : href;
}

/**
 * The library's requests, with the certificates that this machine trusts. The endpoints in an issuer's configuration must
 * be safe, too, also where the issuer is on the loopback interface.
 */
async function fetchSafely(
  url: string,
  { method, headers, body, signal }: CustomFetchOptions,
): Promise<Response> {
  if (!isSafeUrl(url)) throw new Error("it names an endpoint that is not on https");
  const secureContext = url.startsWith("https:") ? trustedContext(await trustedRoots()) : undefined;
  const answer = await boundedRequest(new URL(url), {
    method,
    headers,
    body: body?.toString(),
    signal,
    secureContext,
    maxBytes,
  }).catch((cause) => {
    throw new Unanswered("it does not answer", { cause });
  });
  const given = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  return new Response(answer.body || null, { status: answer.status, headers: given as [string, string][] });
}

/** An issuer that could not be reached, or did not answer. */
class Unanswered extends Error {}

function isUnanswered(cause: unknown): boolean {
  return cause instanceof Unanswered || (cause instanceof Error && isUnanswered(cause.cause));
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
    message: withPeriod(
      `The issuer ${shownUrl(issuer)} cannot be asked: ${visibleLine(why.slice(0, maxShown))}`,
    ),
    remedy: "Check the network, and ask the host's operator about the login in the issuers file.",
    metadata: { issuer },
  });
}

/** The message of the first cause: the library wraps errors of connections. */
function innermost(cause: unknown): string {
  const { message, cause: inner } = cause as Error;
  return inner instanceof Error ? innermost(inner) : message;
}

function failure(code: Code, reason: Reason, message: string) {
  return typedError({ code, reason, message, remedy: "Log in again." });
}
