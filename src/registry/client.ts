import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Credential, CredentialProvider } from "../config/credential.js";
import { InputError } from "../errors/input-error.js";
import { StatusError } from "../errors/status-error.js";
import { typedError } from "../errors/typed-error.js";
import { checkDigest, sha256 } from "../image/digest.js";
import { isDescriptor, parseObject } from "../image/documents.js";
import { indexTypes, manifestTypes } from "../image/media-types.js";
import type { Descriptor } from "../image/oci-index.js";
import type { RefuseAddress } from "../network/guarded-lookup.js";
import { readChallenge } from "./challenge.js";
import { describeAnswer, type RegistryReason, reasonOfStatus, registryError } from "./registry-error.js";
import { fetchRegistryToken } from "./registry-token.js";
import {
  type OpenResponse,
  type RegistryRequest,
  type RegistryResponse,
  RegistryTransport,
  readBody,
  type StreamedBody,
} from "./transport.js";

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
 * Reads and writes images in one registry (OCI distribution specification). A request is retried a few times if
 * the registry fails (5xx), drops the connection or limits the rate (429, Retry-After). All other failures are typed
 * errors: see {@link registryError}.
 */
export class RegistryClient {
  readonly #options: RegistryClientOptions;
  readonly #host: string;
  readonly #transport: RegistryTransport;
  /** The latest `Authorization` header by repository and scope. */
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

  /** Opens a blob to read it. The reader checks its digest, and destroys what it does not read to its end. */
  async openBlob(repository: string, digest: string, signal: AbortSignal): Promise<Readable> {
    const path = `/v2/${repository}/blobs/${digest}`;
    const what = `read ${this.#name(repository, digest)}`;
    const answer = await this.#openOnce(what, repository, { method: "GET", path }, signal);
    if (answer.status < 300) return answer.body;
    const moved = redirectOf(answer);
    if (moved) {
      answer.body.destroy();
      return (await this.#follow(what, moved, signal)).body;
    }
    throw await failureOf(what, answer);
  }

  /** Whether a repository has a blob. */
  async hasBlob(repository: string, digest: string, signal: AbortSignal): Promise<boolean> {
    const path = `/v2/${repository}/blobs/${digest}`;
    const what = `look for ${this.#name(repository, digest)}`;
    const ask = () => this.#askOnce(what, repository, { method: "HEAD", path }, signal);
    return (await this.#retry(what, signal, ask, { mayMiss: true })).status !== 404;
  }

  /**
   * Writes a blob. The registry takes it from another of its repositories where it can.
   * @param from that repository
   */
  async putBlob(
    repository: string,
    digest: string,
    body: StreamedBody,
    signal: AbortSignal,
    { from }: { from?: string } = {},
  ): Promise<void> {
    const what = `push ${this.#name(repository, digest)}`;
    const mount = from ? `?${new URLSearchParams({ mount: digest, from })}` : "";
    const path = `/v2/${repository}/blobs/uploads/${mount}`;
    const scope = from && `repository:${from}:pull`;
    await this.#retry(what, signal, async () => {
      const started = await this.#askOnce(what, repository, { method: "POST", path, scope }, signal);
      // 201 is a blob that was taken from the other repository.
      if (started.status !== 202) return started;
      const url = new URL(started.headers.location ?? "", `https://${this.#host}${path}`);
      url.searchParams.set("digest", digest);
      const headers = { "content-type": "application/octet-stream" };
      const upload = { method: "PUT" as const, path: url.pathname + url.search, headers, body };
      if (url.host === this.#host) return this.#askOnce(what, repository, { ...upload, scope }, signal);
      return this.#transportOf(url).send(what, upload, signal);
    });
  }

  /** The manifests that name a manifest as their subject, by the registry's list of them or by the tag in its place. */
  async referrers(repository: string, digest: string, signal: AbortSignal): Promise<Descriptor[]> {
    const what = `read the referrers of ${this.#name(repository, digest)}`;
    const read = async (path: string) => {
      const request = { method: "GET" as const, path, headers: { accept: indexTypes[0] } };
      const ask = () => this.#askOnce(what, repository, request, signal);
      const answer = await this.#retry(what, signal, ask, { mayMiss: true });
      return answer.status < 300 ? descriptorsOf(answer.body) : undefined;
    };
    const listed = await read(`/v2/${repository}/referrers/${digest}`);
    return listed ?? (await read(`/v2/${repository}/manifests/${referrersTag(digest)}`)) ?? [];
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

  /** Writes a manifest that names another one as its subject, under its digest, so that it is found by that. */
  async putReferrer(
    repository: string,
    subject: string,
    descriptor: Descriptor,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    const { digest, mediaType } = descriptor;
    await this.putManifest(repository, digest, { mediaType, bytes }, signal);
    const known = await this.referrers(repository, subject, signal);
    if (known.some((each) => each.digest === digest)) return;
    // A registry that keeps no list of referrers has a tag for it, which its clients write.
    const index = { schemaVersion: 2, mediaType: indexTypes[0], manifests: [...known, descriptor] };
    const list = { mediaType: indexTypes[0], bytes: Buffer.from(JSON.stringify(index)) };
    await this.putManifest(repository, referrersTag(subject), list, signal);
  }

  #name(repository: string, reference: string): string {
    return `${this.#options.domain}/${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
  }

  async #ask(
    what: string,
    repository: string,
    request: AuthorizedRequest,
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    const answer = await this.#retry(what, signal, () => this.#askOnce(what, repository, request, signal));
    const moved = request.method === "GET" ? redirectOf(answer) : undefined;
    if (!moved) return answer;
    const { body, ...followed } = await this.#follow(what, moved, signal);
    return { ...followed, body: await readBody(body) };
  }

  /** Asks until there is an answer that lasts. Returns one of success, a redirect, and 404 on request. */
  async #retry(
    what: string,
    signal: AbortSignal,
    once: () => Promise<RegistryResponse>,
    { mayMiss = false }: { mayMiss?: boolean } = {},
  ): Promise<RegistryResponse> {
    for (let tries = 1; ; tries++) {
      const answer = await once().catch((cause: unknown) => {
        signal.throwIfAborted();
        if (!isNetworkError(cause)) throw cause;
        return cause;
      });
      if ("status" in answer && (answer.status < 300 || redirectOf(answer))) return answer;
      if ("status" in answer && answer.status === 404 && mayMiss) return answer;
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
  async #follow(what: string, location: string, signal: AbortSignal): Promise<OpenResponse> {
    let url = new URL(location, `https://${this.#host}`);
    for (let redirects = 0; redirects < maxRedirects; redirects++) {
      const path = url.pathname + url.search;
      const answer = await this.#transportOf(url).open(what, { method: "GET", path }, signal);
      if (answer.status < 300) return answer;
      const next = redirectOf(answer);
      if (!next) throw await failureOf(what, answer);
      answer.body.destroy();
      url = new URL(next, url);
    }
    throw registryError("REGISTRY_FAILED", what, `there were more than ${maxRedirects} redirects`);
  }

  #transportOf({ host }: URL): RegistryTransport {
    return host === this.#host ? this.#transport : new RegistryTransport({ ...this.#options, host });
  }

  async #askOnce(
    what: string,
    repository: string,
    request: AuthorizedRequest,
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    const { body, ...answer } = await this.#openOnce(what, repository, request, signal);
    return { ...answer, body: await readBody(body) };
  }

  /** Sends a request once, and again with authorization if the registry requests it. */
  async #openOnce(
    what: string,
    repository: string,
    { scope, ...request }: AuthorizedRequest,
    signal: AbortSignal,
  ): Promise<OpenResponse> {
    const key = [repository, scope].join(" ");
    const known = this.#authorizations.get(key);
    const send = (authorization: Authorization | undefined) => {
      if (!authorization) return this.#transport.open(what, request, signal);
      const { header, confidential } = authorization;
      const headers = { ...request.headers, authorization: header };
      return this.#transport.open(what, { ...request, headers, confidential }, signal);
    };
    const answer = await send(known);
    if (answer.status !== 401) return answer;
    const authorization = await this.#authorize(what, answer, scope, signal);
    if (!authorization || authorization.header === known?.header) return answer;
    answer.body.destroy();
    this.#authorizations.set(key, authorization);
    return send(authorization);
  }

  /** The answer to a challenge; undefined without a credential for it. */
  async #authorize(
    what: string,
    answer: OpenResponse,
    scope: string | undefined,
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
    const scopes = scope ? [...challenge.scopes, scope] : challenge.scopes;
    try {
      const { token } = await fetchRegistryToken(
        { clientId: "slipway", ...challenge, scopes, credential, refuse: this.#options.refuseTokenServer },
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

/** The tag under which registries without a list of referrers have it. */
function referrersTag(digest: string): string {
  return digest.replace(":", "-");
}

function descriptorsOf(body: Buffer): Descriptor[] {
  const { manifests } = parseObject(body, "The registry's list of referrers");
  return Array.isArray(manifests) ? (manifests as unknown[]).filter(isDescriptor) : [];
}

/** The error of an answer that is neither content nor a redirect. */
async function failureOf(what: string, answer: OpenResponse): Promise<Error> {
  const body = await readBody(answer.body);
  return registryError(reasonOfStatus(answer.status), what, describeAnswer({ ...answer, body }));
}

/** Where an answer points to; undefined if it is no redirect. */
function redirectOf({ status, headers }: Pick<RegistryResponse, "status" | "headers">): string | undefined {
  return status >= 300 && status < 400 ? headers.location : undefined;
}

/** A request that gets the login of its repository. */
interface AuthorizedRequest extends RegistryRequest {
  /** What the token must allow besides what the registry asks for. */
  scope?: string;
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
