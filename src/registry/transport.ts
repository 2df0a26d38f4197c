import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { isLoopback } from "../util/is-loopback.js";
import { readRegistryCertificates } from "./certificates.js";

/** One request to a registry. */
export interface RegistryRequest {
  method: "GET" | "HEAD" | "PUT";
  /** Starts with "/v2/". */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
}

/** Answer of a registry. */
export interface RegistryResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** How to reach a registry. */
export interface TransportOptions {
  /** `host[:port]` of its API. */
  host: string;
  /** Do not verify certificates, and fall back to plain HTTP if the registry has no TLS. */
  insecure: boolean;
  /** Certificates in PEM of authorities that are trusted besides the machine's and Docker's. */
  ca?: readonly string[];
}

/** How long the registry may send nothing, in milliseconds. */
const silenceMs = 30_000;
/** Maximum size of an answer, in bytes. Registries accept manifests of up to 4 MiB. */
const maxBodyBytes = 16 << 20;

/**
 * Sends requests to one registry over TLS, verified against the authorities of the system and of Docker's certs.d. As
 * in Docker, a registry on the loopback interface, or one that is configured as insecure, may use plain HTTP instead.
 */
export class RegistryTransport {
  readonly #options: TransportOptions;
  readonly #mayBePlain: boolean;
  #isPlain = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#mayBePlain = options.insecure || isLoopback(new URL(`http://${options.host}`).hostname);
  }

  /** Resolves with an answer of any status; rejects if there is no answer. */
  async send(request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
    if (this.#isPlain) return this.#send("http", request, signal);
    try {
      return await this.#send("https", request, signal);
    } catch (error) {
      if (!this.#mayBePlain || !isWithoutTls(error)) throw error;
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
          const chunks: Buffer[] = [];
          let size = 0;
          for await (const chunk of response) {
            size += chunk.length;
            if (size > maxBodyBytes) throw new Error(`The answer is larger than ${maxBodyBytes} bytes.`);
            chunks.push(chunk);
          }
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          });
        } catch (error) {
          reject(error);
        }
      });
      request.setTimeout(silenceMs, () =>
        request.destroy(new Error(`No answer within ${silenceMs / 1000} s.`)),
      );
      request.on("error", reject).end(body);
    });
  }
}

/** Whether a TLS handshake failed as it does with a server without TLS. */
function isWithoutTls(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code === "EPROTO" || code.startsWith("ERR_SSL_");
}
