import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";

/**
 * Sends a request and resolves with the response.
 * @param opening aborts the request until the response comes
 * @param signal aborts the request and the reading of the response
 */
export function exchange(
  url: URL,
  options: RequestOptions,
  body: string | undefined,
  opening: AbortSignal,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === "http:" ? httpRequest : httpsRequest;
    const request = send(url, { ...options, signal });
    const abort = () => request.destroy(opening.reason);
    opening.addEventListener("abort", abort);
    request.once("response", (response) => {
      opening.removeEventListener("abort", abort);
      resolve(response);
    });
    request.on("error", reject);
    request.end(body);
  });
}
