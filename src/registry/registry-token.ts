import { request as httpRequest, STATUS_CODES } from "node:http";
import { request as httpsRequest } from "node:https";
import type { ConnectionOptions } from "node:tls";
import { Code } from "@connectrpc/connect";
import type { Credential } from "../config/credential.js";
import { StatusError } from "../errors/status-error.js";
import { AddressRefused, guardedLookup, type RefuseAddress } from "../network/guarded-lookup.js";
import { isLoopback } from "../network/is-loopback.js";
import { trustedContext } from "../tls/trusted-context.js";
import { trustedRoots } from "../tls/trusted-roots.js";
import { withPeriod } from "../util/with-period.js";

/** A token that a registry requested in its `WWW-Authenticate: Bearer` challenge, and the login for it. */
export interface TokenRequest {
  clientId: string;
  realm: string;
  service: string;
  scopes: readonly string[];
  credential?: Credential;
  /** Which addresses the token server may not have. Default: none. */
  refuse?: RefuseAddress;
}

/** A bearer token for a registry. */
export interface Token {
  token: string;
  /** Lifetime in seconds. */
  expiresIn: number;
  /** Seconds since the epoch; 0 if the server does not report it. */
  issuedAt: number;
}

/** How long the token server may take to answer, in milliseconds. */
const timeoutMs = 30_000;
/** Maximum size of its answer, in characters. */
const maxAnswer = 1 << 20;
/** Lifetime of a token without one, in seconds (distribution's token specification). */
const defaultLifetime = 60;

/**
 * Gets a token from a registry's token server: with a credential by OAuth 2.0 POST, and by GET without one or if the
 * server does not support POST (405, 404 and, on some, 401; see the distribution project's token specification).
 *
 * The registry, or whoever answers in its place, chooses the token server. A credential is therefore sent only over
 * HTTPS or to the loopback interface; anything else is FAILED_PRECONDITION. A server at a refused address is
 * PERMISSION_DENIED, and is not connected to. Refused credentials are UNAUTHENTICATED,
 * an unreachable server is UNAVAILABLE.
 */
export async function fetchRegistryToken(request: TokenRequest, signal: AbortSignal): Promise<Token> {
  const { credential } = request;
  if (credential?.secret) requirePrivateWay(realmUrl(request));
  if (!credential?.secret) return parseToken(await get(request, signal), request);
  const answer = await post(request, credential, signal);
  const noPost =
    answer.status === 404 || answer.status === 401 || (answer.status === 405 && credential.username !== "");
  return parseToken(noPost ? await get(request, signal) : answer, request);
}

interface Answer {
  status: number;
  body: string;
}

function post(request: TokenRequest, credential: Credential, signal: AbortSignal): Promise<Answer> {
  const form = new URLSearchParams({ service: request.service, client_id: request.clientId });
  if (request.scopes.length > 0) form.set("scope", request.scopes.join(" "));
  const grant = credential.username
    ? { grant_type: "password", username: credential.username, password: credential.secret }
    : { grant_type: "refresh_token", refresh_token: credential.secret };
  for (const [name, value] of Object.entries(grant)) form.set(name, value);
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  const { refuse } = request;
  return send(realmUrl(request), { method: "POST", headers, body: form.toString(), refuse, signal });
}

function get({ credential, ...request }: TokenRequest, signal: AbortSignal): Promise<Answer> {
  const url = realmUrl(request);
  if (request.service) url.searchParams.append("service", request.service);
  for (const scope of request.scopes) url.searchParams.append("scope", scope);
  const headers: Record<string, string> = {};
  if (credential?.secret) {
    const basic = Buffer.from(`${credential.username}:${credential.secret}`).toString("base64");
    headers.authorization = `Basic ${basic}`;
  }
  return send(url, { method: "GET", headers, refuse: request.refuse, signal });
}

function realmUrl({ realm }: Pick<TokenRequest, "realm">): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw new StatusError(
      Code.InvalidArgument,
      `The registry names the token server ${realm}, which is not an HTTP URL.`,
    );
  return url;
}

function requirePrivateWay({ origin, protocol, hostname }: URL): void {
  if (protocol === "https:" || isLoopback(hostname)) return;
  throw new StatusError(
    Code.FailedPrecondition,
    `The token server ${origin} uses plain HTTP. Logins are sent only over HTTPS or to the loopback interface.`,
  );
}

async function send(
  url: URL,
  options: {
    method: string;
    headers: Record<string, string>;
    body?: string;
    refuse?: RefuseAddress;
    signal: AbortSignal;
  },
): Promise<Answer> {
  const { body, refuse, ...rest } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const tls: ConnectionOptions | false = url.protocol === "https:" && {
      secureContext: trustedContext(await trustedRoots()),
    };
    const lookup = refuse && guardedLookup(url.hostname, refuse);
    return await new Promise<Answer>((resolve, reject) => {
      const start = url.protocol === "https:" ? httpsRequest : httpRequest;
      const request = start(url, { ...rest, signal, lookup, ...tls }, async (response) => {
        try {
          let text = "";
          for await (const chunk of response.setEncoding("utf8")) {
            text += chunk;
            if (text.length > maxAnswer) throw new Error(`the answer is larger than ${maxAnswer} characters`);
          }
          resolve({ status: response.statusCode ?? 0, body: text });
        } catch (error) {
          reject(error);
        }
      });
      request.on("error", reject).end(body);
    });
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof AddressRefused)
      throw new StatusError(
        Code.PermissionDenied,
        `The token server ${url.origin} is refused: ${error.message}.`,
      );
    const reason = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : (error as Error).message;
    throw new StatusError(
      Code.Unavailable,
      `Cannot use the token server ${url.origin}: ${reason}. With BUILDKIT_NO_CLIENT_TOKEN=1, BuildKit calls it itself.`,
    );
  }
}

function parseToken({ status, body }: Answer, request: TokenRequest): Token {
  const { origin } = new URL(request.realm);
  if (status < 200 || status >= 300) {
    const refused = status === 401 || status === 403;
    const who = request.credential?.username ? ` for user ${request.credential.username}` : "";
    throw new StatusError(
      refused ? Code.Unauthenticated : Code.Unavailable,
      withPeriod(
        `Failed to fetch a token: the token server ${origin} answered ${status} ${STATUS_CODES[status] ?? ""}${who}${serverMessage(body)}`,
      ),
    );
  }
  const answer = parseJson(body);
  const token = text(answer.access_token) || text(answer.token);
  if (!token) throw new StatusError(Code.Unavailable, `The token server ${origin} answered without a token.`);
  const issuedAt = Date.parse(text(answer.issued_at));
  return {
    token,
    expiresIn: Number(answer.expires_in) > 0 ? Math.floor(Number(answer.expires_in)) : defaultLifetime,
    issuedAt: Number.isNaN(issuedAt) ? 0 : Math.floor(issuedAt / 1000),
  };
}

/** The server's message about its refusal, in the format of the registry API or of OAuth. */
function serverMessage(body: string): string {
  const answer = parseJson(body);
  const first = Array.isArray(answer.errors) ? answer.errors[0] : undefined;
  const message =
    text(first?.message) || text(answer.details) || text(answer.error_description) || text(answer.error);
  return message ? `: ${message.slice(0, 500)}` : "";
}

function parseJson(body: string): Record<string, unknown> {
  try {
    const value = JSON.parse(body);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
