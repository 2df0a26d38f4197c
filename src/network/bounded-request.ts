import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import type { SecureContext } from "node:tls";

/** A request to a server whose answer may not fill the memory. */
export interface BoundedRequest {
  /** Default: GET. */
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
  /** Aborts the request. Without it there is no time limit. */
  signal?: AbortSignal;
  /** Default: as the system resolves names. */
  lookup?: LookupFunction;
  /** Trusted certificates, for https. */
  secureContext?: SecureContext;
  /** Maximum size of the answer's body, in bytes. */
  maxBytes: number;
}

/** An answer of any status. */
export interface BoundedAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Makes one request on a new connection, and reads the answer. Redirects are not followed. */
export function boundedRequest(
  url: URL,
  { body, maxBytes, ...options }: BoundedRequest,
): Promise<BoundedAnswer> {
  return new Promise((resolve, reject) => {
    const start = url.protocol === "https:" ? httpsRequest : httpRequest;
    const call = start(url, { ...options, agent: false }, async (answer) => {
      try {
        const chunks: Buffer[] = [];
        let size = 0;
        for await (const chunk of answer) {
          size += chunk.length;
          if (size > maxBytes) throw new Error(`its answer is larger than ${maxBytes} bytes`);
          chunks.push(chunk);
        }
        const { statusCode: status = 0, headers } = answer;
        resolve({ status, headers, body: Buffer.concat(chunks).toString() });
      } catch (error) {
        call.destroy();
        reject(error);
      }
    });
    call.on("error", reject).end(body);
  });
}
