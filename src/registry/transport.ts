import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { readRegistryCertificates } from "./certificates.js";

/** One request to a registry. */
export interface RegistryRequest {
  method: "GET" | "HEAD" | "PUT";
  /** From "/v2/" on. */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
}

/** What a registry answered. */
export interface RegistryResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** How a registry is reached. */
export interface TransportOptions {
  /** `host[:port]` of its API. */
  host: string;
  /** Do not verify certificates, and do without TLS where there is none. */
  insecure: boolean;
  /** Certificates of authorities to trust beside the machine's and docker's, in PEM. */
  ca?: readonly string[];
}

/** Milliseconds without any byte from the registry. */
const silenceMs = 30_000;
/** Manifests are smaller: registries take 4 MiB. */
const maxBody = 16 << 20;

/**
 * Sends requests to one registry: with TLS, verified against the system's authorities and those in docker's certs.d.
 * A registry on the loopback, or one that is named insecure, may also speak plain HTTP, as with docker.
 */
export class RegistryTransport {
  readonly #options: TransportOptions;
  readonly #mayBePlain: boolean;
  #isPlain = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#mayBePlain = options.insecure || isLoopback(options.host);
  }

  /** Resolves with any answer, also one of failure; rejects when there is none. */
  async send(request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
    if (this.#isPlain) return this.#send("http", request, signal);
    try {
      return await this.#send("https", request, signal);
    } catch (error) {
      if (!this.#mayBePlain || !isNoTls(error)) throw error;
      this.#isPlain = true;
      return this.#send("http", request, signal);
    }
  }

  async #send(
    scheme: "http" | "https",
    { method, path, headers, body }: RegistryRequest,
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    const { host, ca = [] } = this.#options;
    const certificates = scheme === "https" && (await readRegistryCertificates(host));
    const tls = certificates && {
      ...certificates,
      ca: [...certificates.ca, ...ca],
      rejectUnauthorized: !this.#mayBePlain,
    };
    return new Promise((resolve, reject) => {
      const start = scheme === "https" ? httpsRequest : httpRequest;
      const options = {
        method,
        headers: { ...headers, "content-length": body?.length ?? 0 },
        signal,
        agent: false as const,
        ...tls,
      };
      const request = start(`${scheme}://${host}${path}`, options, async (response) => {
        try {
          const parts: Buffer[] = [];
          let size = 0;
          for await (const part of response) {
            size += part.length;
            if (size > maxBody) throw new Error(`the answer is larger than ${maxBody} bytes`);
            parts.push(part);
          }
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts),
          });
        } catch (error) {
          reject(error);
        }
      });
      request.setTimeout(silenceMs, () => request.destroy(new Error(`no answer in ${silenceMs / 1000} s`)));
      request.on("error", reject).end(body);
    });
  }
}

function isLoopback(host: string): boolean {
  const name = new URL(`http://${host}`).hostname;
  return name === "localhost" || name === "[::1]" || name.startsWith("127.");
}

/** What comes of a TLS handshake with a server that has none. */
function isNoTls(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code === "EPROTO" || code.startsWith("ERR_SSL_");
}
