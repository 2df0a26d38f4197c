import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Credential, CredentialProvider } from "../config/credential.js";
import { InputError } from "../errors/input-error.js";
import { StatusError } from "../errors/status-error.js";
import { typedError } from "../errors/typed-error.js";
import { checkDigest, sha256 } from "../image/digest.js";
import { indexTypes, manifestTypes } from "../image/media-types.js";
import type { RefuseAddress } from "../util/guarded-lookup.js";
import { readChallenge } from "./challenge.js";
import { describeAnswer, type RegistryReason, reasonOfStatus, registryError } from "./registry-error.js";
import { fetchRegistryToken } from "./registry-token.js";
import { type RegistryRequest, type RegistryResponse, RegistryTransport } from "./transport.js";

/** How often a request is sent at most. */
const maxTries = 5;
/** The first pause between two tries, in milliseconds; it doubles with each try. */
const firstPauseMs = 250;
/** Maximum pause between two tries, in milliseconds, also if the registry requests a longer one. */
const maxPauseMs = 30_000;

/** How often content may be redirected. */
const maxRedirects = 5;

/** A manifest or index in a registry. */
export interface StoredManifest {
  mediaType: string;
  digest: string;
  bytes: Uint8Array;
}

/** Options of a client. */
export interface RegistryClientOptions {
  /** The registry as image names write it: `docker.io`, `localhost:5000`. */
  domain: string;
  /** Do not verify its certificate, and fall back to plain HTTP if it has no TLS; a request with a login does neither. */
  insecure: boolean;
  /** Certificates in PEM of authorities that are trusted besides the machine's and Docker's. */
  ca?: readonly string[];
  /** Sources of logins; the first that has one for the registry is used. */
  credentials: readonly CredentialProvider[];
  /** Which addresses the registry may not have. Default: none. */
  refuse?: RefuseAddress;
  /** Which addresses its token server may not have. Default: none. */
  refuseTokenServer?: RefuseAddress;
  /** Called before each pause with the reason for it. */
  onPause?(why: string, ms: number): void;
}

/**
 * Reads and writes manifests in one registry (OCI distribution specification). A request is retried a few times if
 * the registry fails (5xx), drops the connection or limits the rate (429, Retry-After). All other failures are typed
 * errors: see {@link registryError}.
 */
export class RegistryClient {
  readonly #options: RegistryClientOptions;
  readonly #host: string;
  readonly #transport: RegistryTransport;
  /** The latest `Authorization` header by repository. */
  readonly #authorizations = new Map<string, Authorization>();

  constructor(options: RegistryClientOptions) {
    this.#options = options;
    this.#host = options.domain === "docker.io" ? "registry-1.docker.io" : options.domain;
    this.#transport = new RegistryTransport({ ...options, host: this.#host });
  }

  /** Reads the manifest or index of a tag or digest. */
  async getManifest(repository: string, reference: string, signal: AbortSignal): Promise<StoredManifest> {
    const path = `/v2/${repository}/manifests/${reference}`;
    const headers = { accept: [...indexTypes, ...manifestTypes].join(", ") };
    const what = `read ${this.#name(repository, reference)}`;
    const { headers: answered, body } = await this.#ask(
      what,
      repository,
      { method: "GET", path, headers },
      signal,
    );
    const mediaType = (answered["content-type"] ?? "").split(";")[0]!;
    const claimed = reference.includes(":") ? reference : answered["docker-content-digest"];
    const digest = String(claimed ?? sha256(body));
    checkDigest(body, digest, this.#name(repository, reference));
    return { mediaType, digest, bytes: body };
  }

  /** Reads a small blob, such as the configuration of an image. */
  async getBlob(repository: string, digest: string, signal: AbortSignal): Promise<Buffer> {
    const path = `/v2/${repository}/blobs/${digest}`;
    const name = this.#name(repository, digest);
    const { body } = await this.#ask(`read ${name}`, repository, { method: "GET", path }, signal);
    checkDigest(body, digest, name);
    return body;
  }

  /** Writes a manifest or index under a tag, or under its digest alone. All that it refers to must exist. */
  async putManifest(
    repository: string,
    reference: string,
    { mediaType, bytes }: Pick<StoredManifest, "mediaType" | "bytes">,
    signal: AbortSignal,
  ): Promise<void> {
    const path = `/v2/${repository}/manifests/${reference}`;
    const headers = { "content-type": mediaType };
    const what = `push ${this.#name(repository, reference)}`;
    await this.#ask(what, repository, { method: "PUT", path, headers, body: bytes }, signal);
  }

  #name(repository: string, reference: string): string {
    return `${this.#options.domain}/${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
  }

  async #ask(
    what: string,
    repository: string,
    request: RegistryRequest,
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#askOnce(what, repository, request, signal).catch((cause: unknown) => {
        signal.throwIfAborted();
        if (!isNetworkError(cause)) throw cause;
        return cause;
      });
      if ("status" in answer && answer.status < 300) return answer;
      const moved = "status" in answer && request.method === "GET" ? redirectOf(answer) : undefined;
      if (moved) return this.#follow(what, moved, signal);
      const why = "status" in answer ? describeAnswer(answer) : answer.message;
      if (!isTransient(answer) || tries === maxTries) {
        const reason = "status" in answer ? reasonOfStatus(answer.status) : "REGISTRY_UNREACHABLE";
        throw registryError(reason, what, tries > 1 ? `${why} (${tries} times)` : why);
      }
      const requested = "status" in answer ? retryAfter(answer) : undefined;
      const ms = Math.min(requested ?? firstPauseMs * 2 ** (tries - 1), maxPauseMs);
      this.#options.onPause?.(why, ms);
      await sleep(ms, undefined, { signal });
    }
  }

  /** Reads content that the registry keeps elsewhere; without its login. */
  async #follow(what: string, location: string, signal: AbortSignal): Promise<RegistryResponse> {
    let url = new URL(location, `https://${this.#host}`);
    for (let redirects = 0; redirects < maxRedirects; redirects++) {
      const transport =
        url.host === this.#host
          ? this.#transport
          : new RegistryTransport({ ...this.#options, host: url.host });
      const answer = await transport.send(what, { method: "GET", path: url.pathname + url.search }, signal);
      if (answer.status < 300) return answer;
      const next = redirectOf(answer);
      if (!next) throw registryError(reasonOfStatus(answer.status), what, describeAnswer(answer));
      url = new URL(next, url);
    }
    throw registryError("REGISTRY_FAILED", what, `there were more than ${maxRedirects} redirects`);
  }

  /** Sends a request once, and again with authorization if the registry requests it. */
  async #askOnce(
    what: string,
    repository: string,
    request: RegistryRequest,
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    const known = this.#authorizations.get(repository);
    const send = (authorization: Authorization | undefined) => {
      if (!authorization) return this.#transport.send(what, request, signal);
      const { header, confidential } = authorization;
      const headers = { ...request.headers, authorization: header };
      return this.#transport.send(what, { ...request, headers, confidential }, signal);
    };
    const answer = await send(known);
    if (answer.status !== 401) return answer;
    const authorization = await this.#authorize(what, answer, signal);
    if (!authorization || authorization.header === known?.header) return answer;
    this.#authorizations.set(repository, authorization);
    return send(authorization);
  }

  /** The answer to a challenge; undefined without a credential for it. */
  async #authorize(
    what: string,
    answer: RegistryResponse,
    signal: AbortSignal,
  ): Promise<Authorization | undefined> {
    const challenge = readChallenge(answer.headers["www-authenticate"]);
    const credential = await this.#credential(signal);
    if (credential?.registryToken) {
      return { header: `Bearer ${credential.registryToken}`, confidential: true };
    }
    if (challenge?.scheme === "basic" && credential) {
      const basic = Buffer.from(`${credential.username}:${credential.secret}`).toString("base64");
      return { header: `Basic ${basic}`, confidential: true };
    }
    if (challenge?.scheme !== "bearer") return undefined;
    try {
      const { token } = await fetchRegistryToken(
        { clientId: "slipway", ...challenge, credential, refuse: this.#options.refuseTokenServer },
        signal,
      );
      return { header: `Bearer ${token}`, confidential: credential !== undefined };
    } catch (cause) {
      if (!(cause instanceof StatusError)) throw cause;
      throw registryError(tokenFailures[cause.code] ?? "REGISTRY_UNREACHABLE", what, cause.message);
    }
  }

  async #credential(signal: AbortSignal): Promise<Credential | undefined> {
    for (const provider of this.#options.credentials) {
      const credential = await provider(this.#host, signal).catch((cause) => {
        throw cause instanceof InputError
          ? typedError({ ...cause, code: Code.FailedPrecondition, message: cause.message, fields: [] })
          : cause;
      });
      if (credential) return credential;
    }
    return undefined;
  }
}

/** Where an answer points to; undefined if it is no redirect. */
function redirectOf({ status, headers }: RegistryResponse): string | undefined {
  return status >= 300 && status < 400 ? headers.location : undefined;
}

/** The `Authorization` header of a request. */
interface Authorization {
  header: string;
  /** It is a login, or a token for one; a token that everyone gets is not. */
  confidential: boolean;
}

/** How long to wait by the Retry-After header (seconds, or a date), in milliseconds. */
function retryAfter({ headers }: RegistryResponse): number | undefined {
  const text = headers["retry-after"];
  if (!text) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

/** Reasons for failures of the token server. */
const tokenFailures: Partial<Record<Code, RegistryReason>> = {
  [Code.Unauthenticated]: "REGISTRY_UNAUTHORIZED",
  [Code.FailedPrecondition]: "TOKEN_SERVER_INSECURE",
  [Code.PermissionDenied]: "TOKEN_SERVER_REFUSED",
};

/** Whether an error means that there was no answer; typed errors are passed on unchanged. */
function isNetworkError(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && !(cause instanceof ConnectError);
}

const transientErrors = ["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"];

/** Whether a retry may succeed. */
function isTransient(answer: RegistryResponse | NodeJS.ErrnoException): boolean {
  if (!("status" in answer)) return transientErrors.includes(answer.code ?? "");
  return answer.status === 429 || answer.status >= 500;
}
