import { request as httpRequest, STATUS_CODES } from "node:http";
import { request as httpsRequest } from "node:https";
import { Code } from "@connectrpc/connect";
import type { Credential } from "../config/credential.js";
import { StatusError } from "../errors/status-error.js";
import { trustedRoots } from "../tls/trusted-roots.js";

/** What a registry asked for in its `WWW-Authenticate: Bearer` challenge. */
export interface TokenRequest {
  clientId: string;
  realm: string;
  service: string;
  scopes: readonly string[];
  credential?: Credential;
}

/** A bearer token for a registry. */
export interface Token {
  token: string;
  /** Seconds. */
  expiresIn: number;
  /** Seconds since the epoch; 0 when the server does not say. */
  issuedAt: number;
}

const TIMEOUT = 30_000;
const MAX_ANSWER = 1024 * 1024;
const DEFAULT_EXPIRY = 60;

/**
 * Gets a token from a registry's token server: by OAuth 2.0 POST where there is a credential, and by GET where the
 * server has no POST (405, 404 and, on some, 401) or there is none (the distribution project's token specification).
 * Refused credentials are UNAUTHENTICATED, an unreachable server UNAVAILABLE.
 */
export async function fetchRegistryToken(request: TokenRequest, signal: AbortSignal): Promise<Token> {
  const { credential } = request;
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
  return send(realmUrl(request), { method: "POST", headers, body: form.toString(), signal });
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
  return send(url, { method: "GET", headers, signal });
}

function realmUrl({ realm }: Pick<TokenRequest, "realm">): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw new StatusError(
      Code.InvalidArgument,
      `the registry names the token server ${realm}, which is no http URL`,
    );
  return url;
}

async function send(
  url: URL,
  options: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
): Promise<Answer> {
  const { body, ...rest } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT)]);
  try {
    const ca = url.protocol === "https:" ? await trustedRoots() : undefined;
    return await new Promise<Answer>((resolve, reject) => {
      const start = url.protocol === "https:" ? httpsRequest : httpRequest;
      const request = start(url, { ...rest, signal, ca }, async (response) => {
        try {
          let text = "";
          for await (const chunk of response.setEncoding("utf8")) {
            text += chunk;
            if (text.length > MAX_ANSWER) throw new Error(`the answer is larger than ${MAX_ANSWER} bytes`);
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
    const reason = signal.aborted ? `no answer in ${TIMEOUT / 1000} s` : (error as Error).message;
    throw new StatusError(
      Code.Unavailable,
      `the token server ${url.origin} cannot be used: ${reason}; with BUILDKIT_NO_CLIENT_TOKEN=1 BuildKit asks it by itself`,
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
      `failed to fetch oauth token: the token server ${origin} answered ${status} ${STATUS_CODES[status] ?? ""}${who}${serverMessage(body)}`,
    );
  }
  const answer = parseJson(body);
  const token = text(answer.access_token) || text(answer.token);
  if (!token) throw new StatusError(Code.Unavailable, `the token server ${origin} answered without a token`);
  const issuedAt = Date.parse(text(answer.issued_at));
  return {
    token,
    expiresIn: Number(answer.expires_in) > 0 ? Math.floor(Number(answer.expires_in)) : DEFAULT_EXPIRY,
    issuedAt: Number.isNaN(issuedAt) ? 0 : Math.floor(issuedAt / 1000),
  };
}

/** What the server says about its refusal, in the form of the registry API or of OAuth. */
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
