import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ConnectionOptions } from "node:tls";
import { AddressRefused, guardedLookup, type RefuseAddress } from "../network/guarded-lookup.js";
import { isLoopback } from "../network/is-loopback.js";
import { trustedContext } from "../tls/trusted-context.js";
import { untilAborted } from "../util/until-aborted.js";
import { readRegistryCertificates } from "./certificates.js";
import { registryError } from "./registry-error.js";

/** A body that is not kept in memory. */
export interface StreamedBody {
  /** In bytes. */
  size: number;
  /** Called each time the request is sent. */
  open(): AsyncIterable<Uint8Array>;
}

/** One request to a registry. */
export interface RegistryRequest {
  method: "GET" | "HEAD" | "POST" | "PUT";
  /** Starts with "/v2/". */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array | StreamedBody;
  /** The request has a login or a token for one: it is sent over verified TLS or to the loopback interface only. */
  confidential?: boolean;
}

/** Answer of a registry. */
export interface RegistryResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Answer of a registry whose body is read as it comes. */
export interface OpenResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** Destroy it when it is not read to its end. */
  body: Readable;
}

/** How to reach a registry. */
export interface TransportOptions {
  /** `host[:port]` of its API. */
  host: string;
  /** Do not verify certificates, and fall back to plain HTTP if the registry has no TLS. */
  insecure: boolean;
  /** Certificates in PEM of authorities that are trusted besides the machine's and Docker's. */
  ca?: readonly string[];
  /** Which addresses the registry may not have; REGISTRY_REFUSED before a connection to one. Default: none. */
  refuse?: RefuseAddress;
}

/** How long the registry may send nothing, in milliseconds. */
const silenceMs = 30_000;
/** Maximum size of an answer, in bytes. Registries accept manifests of up to 4 MiB. */
const maxBodyBytes = 16 << 20;

/**
 * Sends requests to one registry over TLS, verified against the authorities of the system and of Docker's certs.d. As
 * in Docker, a registry on the loopback interface, or one that is configured as insecure, may use plain HTTP or an
 * unknown certificate instead. Otherwise than in Docker, an insecure registry gets no login that way: REGISTRY_INSECURE.
 */
export class RegistryTransport {
  readonly #options: TransportOptions;
  readonly #isLoopback: boolean;
  #isPlain = false;
  /** Read once: SSL_CERT_DIR can name a folder with hundreds of files. */
  #tls?: Promise<ConnectionOptions>;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#isLoopback = isLoopback(new URL(`http://${options.host}`).hostname);
  }

  /** As {@link open}, and reads a body of at most 16 MiB. */
  async send(what: string, request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
    const { body, ...answer } = await this.open(what, request, signal);
    return { ...answer, body: await readBody(body) };
  }

  /**
   * Resolves with an answer of any status; rejects if there is no answer, and with REGISTRY_INSECURE before a
   * confidential request leaves unprotected.
   * @param what the operation in errors, such as "push r.test/app:1"
   */
  async open(what: string, request: RegistryRequest, signal: AbortSignal): Promise<OpenResponse> {
    const refuse = (why: string) => registryError("REGISTRY_INSECURE", what, `${this.#options.host} ${why}`);
    const mustVerify = !this.#isLoopback && (request.confidential || !this.#options.insecure);
    if (!this.#isPlain) {
      try {
        return await this.#send("https", mustVerify, request, signal);
      } catch (error) {
        if (error instanceof AddressRefused)
          throw registryError("REGISTRY_REFUSED", what, `${this.#options.host} is refused: ${error.message}`);
        if (!this.#isLoopback && !this.#options.insecure) throw error;
        if (mustVerify && isUntrusted(error)) {
          throw refuse("has a certificate that is not trusted, so no login is sent to it");
        }
        if (!isWithoutTls(error)) throw error;
        this.#isPlain = true;
      }
    }
    if (mustVerify) throw refuse("uses plain HTTP, so no login is sent to it");
    return this.#send("http", false, request, signal);
  }

  async #send(
    scheme: "http" | "https",
    rejectUnauthorized: boolean,
    { method, path, headers, body }: RegistryRequest,
    signal: AbortSignal,
  ): Promise<OpenResponse> {
    const { host, refuse } = this.#options;
    const lookup = refuse && guardedLookup(new URL(`http://${host}`).hostname, refuse);
    const tls = scheme === "https" && { ...(await this.#tlsMaterial(signal)), rejectUnauthorized };
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const start = scheme === "https" ? httpsRequest : httpRequest;
      const options = {
        method,
        headers: { ...headers, "content-length": body ? sizeOf(body) : 0 },
        signal,
        agent: false as const,
        lookup,
        ...tls,
      };
      const request = start(`${scheme}://${host}${path}`, options, (response) =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response }),
      );
      request.setTimeout(silenceMs, () =>
        request.destroy(new Error(`No answer within ${silenceMs / 1000} s.`)),
      );
      request.on("error", reject);
      if (body && !(body instanceof Uint8Array)) pipeline(Readable.from(body.open()), request).catch(reject);
      else request.end(body);
    });
  }

  #tlsMaterial(signal: AbortSignal): Promise<ConnectionOptions> {
    const { host, ca = [] } = this.#options;
    this.#tls ??= tlsMaterial(host, ca);
    return untilAborted(this.#tls, signal);
  }
}

function sizeOf(body: Uint8Array | StreamedBody): number {
  return body instanceof Uint8Array ? body.length : body.size;
}

/** Reads a body of limited size. */
export async function readBody(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error(`The answer is larger than ${maxBodyBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The authorities that are trusted for a registry, and the client certificate. */
async function tlsMaterial(host: string, more: readonly string[]): Promise<ConnectionOptions> {
  const { ca, ...client } = await readRegistryCertificates(host);
  const authorities = [...ca, ...more];
  return client.cert ? { ...client, ca: authorities } : { secureContext: trustedContext(authorities) };
}

/** Whether a TLS handshake failed as it does with a server without TLS. */
function isWithoutTls(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code === "EPROTO" || code.startsWith("ERR_SSL_");
}

/** Whether the certificate of a TLS connection could not be verified. */
function isUntrusted(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_|ERR_TLS_CERT_)/.test(code);
}
