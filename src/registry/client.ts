import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Credential, CredentialProvider } from "../config/credential.js";
import { InputError } from "../errors/input-error.js";
import { StatusError } from "../errors/status-error.js";
import { typedError } from "../errors/typed-error.js";
import { indexTypes, manifestTypes } from "../image/media-types.js";
import { readChallenge } from "./challenge.js";
import { describeAnswer, reasonOfStatus, registryError } from "./registry-error.js";
import { fetchRegistryToken } from "./registry-token.js";
import { type RegistryRequest, type RegistryResponse, RegistryTransport } from "./transport.js";

/** So often a request is sent before a registry's failure is taken as final. */
const maxTries = 5;
/** The first pause between two tries, in milliseconds; it doubles each time. */
const firstPauseMs = 250;
/** No registry is waited for longer than this at a time, in milliseconds, whatever it says. */
const maxPauseMs = 30_000;

/** A manifest or index as it lies in a registry. */
export interface StoredManifest {
  mediaType: string;
  digest: string;
  bytes: Uint8Array;
}

/** What a client is made with. */
export interface RegistryClientOptions {
  /** Registry as in image names: `docker.io`, `localhost:5000`. */
  domain: string;
  /** Do not verify its certificate, and do without TLS where it has none. */
  insecure: boolean;
  /** Certificates of authorities to trust beside the machine's and docker's, in PEM. */
  ca?: readonly string[];
  /** Where logins come from; the first that has one counts. */
  credentials: readonly CredentialProvider[];
  /** Told before each pause, with its reason. */
  onPause?(why: string, ms: number): void;
}

/**
 * Reads and writes manifests in one registry (OCI distribution specification). A registry that fails (5xx), drops the
 * connection or wants to be left alone for a while (429, Retry-After) is asked again a few times. Everything else is
 * a typed error: see {@link registryError}.
 */
export class RegistryClient {
  readonly #options: RegistryClientOptions;
  readonly #host: string;
  readonly #transport: RegistryTransport;
  /** The `Authorization` that was accepted last, by repository. */
  readonly #authorizations = new Map<string, string>();

  constructor(options: RegistryClientOptions) {
    this.#options = options;
    this.#host = options.domain === "docker.io" ? "registry-1.docker.io" : options.domain;
    this.#transport = new RegistryTransport({ ...options, host: this.#host });
  }

  /** The manifest or index of that tag or digest. */
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
    return { mediaType, digest: String(answered["docker-content-digest"] ?? reference), bytes: body };
  }

  /** Puts a manifest or index under a tag, or under its digest alone. What it refers to must be there. */
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
      const why = "status" in answer ? describeAnswer(answer) : answer.message;
      if (!mayPass(answer) || tries === maxTries) {
        const reason = "status" in answer ? reasonOfStatus(answer.status) : "REGISTRY_UNREACHABLE";
        throw registryError(reason, what, tries > 1 ? `${why} (${tries} times)` : why);
      }
      const wanted = "status" in answer ? retryAfter(answer) : undefined;
      const ms = Math.min(wanted ?? firstPauseMs * 2 ** (tries - 1), maxPauseMs);
      this.#options.onPause?.(why, ms);
      await sleep(ms, undefined, { signal });
    }
  }

  /** One answer; when the registry wants to know who asks, the one to the request with authorization. */
  async #askOnce(
    what: string,
    repository: string,
    request: RegistryRequest,
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    const known = this.#authorizations.get(repository);
    const send = (authorization: string | undefined) =>
      this.#transport.send(
        { ...request, headers: { ...request.headers, ...(authorization && { authorization }) } },
        signal,
      );
    const answer = await send(known);
    if (answer.status !== 401) return answer;
    const authorization = await this.#authorize(what, answer, signal);
    if (!authorization || authorization === known) return answer;
    this.#authorizations.set(repository, authorization);
    return send(authorization);
  }

  /** The header that answers a challenge; undefined when there is no credential that would. */
  async #authorize(what: string, answer: RegistryResponse, signal: AbortSignal): Promise<string | undefined> {
    const challenge = readChallenge(answer.headers["www-authenticate"]);
    const credential = await this.#credential(signal);
    if (credential?.registryToken) return `Bearer ${credential.registryToken}`;
    if (challenge?.scheme === "basic" && credential) {
      return `Basic ${Buffer.from(`${credential.username}:${credential.secret}`).toString("base64")}`;
    }
    if (challenge?.scheme !== "bearer") return undefined;
    try {
      const { token } = await fetchRegistryToken({ clientId: "slipway", ...challenge, credential }, signal);
      return `Bearer ${token}`;
    } catch (cause) {
      if (!(cause instanceof StatusError)) throw cause;
      const refused = cause.code === Code.Unauthenticated;
      throw registryError(refused ? "REGISTRY_UNAUTHORIZED" : "REGISTRY_UNREACHABLE", what, cause.message);
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

/** Milliseconds that a registry wants to be left alone, in seconds or until a date. */
function retryAfter({ headers }: RegistryResponse): number | undefined {
  const text = headers["retry-after"];
  if (!text) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

/** Whether there is no answer at all; errors that are typed already are passed on as they are. */
function isNetworkError(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && !(cause instanceof ConnectError);
}

const passingErrors = ["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"];

/** Whether it is worth another try. */
function mayPass(answer: RegistryResponse | NodeJS.ErrnoException): boolean {
  if (!("status" in answer)) return passingErrors.includes(answer.code ?? "");
  return answer.status === 429 || answer.status >= 500;
}
