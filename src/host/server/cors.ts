import { Code, type ConnectError, cors as names } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { isLoopback } from "../../network/is-loopback.js";
import type { NodeRequest, NodeResponse } from "./access.js";
import { callIdHeader } from "./call-id.js";

/**
 * Sets the CORS headers (Fetch standard, "CORS protocol"): only pages of the given origins may call and read. Returns
 * true when the request was a preflight and is answered.
 */
export function answerCors(
  request: NodeRequest,
  response: NodeResponse,
  origins: ReadonlySet<string>,
): boolean {
  const { origin } = request.headers;
  if (origins.size > 0) response.setHeader("vary", "origin");
  if (origin === undefined) return false;
  const allowed = origins.has(origin);
  if (allowed) {
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-expose-headers", [...names.exposedHeaders, callIdHeader].join(", "));
  }
  if (request.method !== "OPTIONS") return false;
  if (allowed) {
    response.setHeader("access-control-allow-methods", names.allowedMethods.join(", "));
    const headers = [...names.allowedHeaders, "Authorization", callIdHeader];
    response.setHeader("access-control-allow-headers", headers.join(", "));
    // Browsers limit this to two hours.
    response.setHeader("access-control-max-age", "7200");
  }
  response.writeHead(allowed ? 204 : 403).end();
  return true;
}

/**
 * Returns the refusal of a call from a page of another origin. Without the headers above a page cannot read the answer,
 * but the call would still run. A page whose name resolves to this host (DNS rebinding) is refused, too. Browsers send no
 * origin with the GET of an image or a script, but say that it comes from another site.
 * @param page given if the listener serves the web page, which then may call
 */
export function originRefusal(
  { headers }: NodeRequest,
  origins: ReadonlySet<string>,
  page?: { isSecure: boolean },
): ConnectError | undefined {
  const site = String(headers["sec-fetch-site"] ?? "none");
  const origin = headers.origin ?? (["none", "same-origin"].includes(site) ? undefined : site);
  if (origin === undefined || origins.has(origin)) return undefined;
  if (page && origin === ownOrigin(headers, page)) return undefined;
  return typedError({
    code: Code.PermissionDenied,
    reason: "ORIGIN_REFUSED",
    message: `Pages of the origin ${JSON.stringify(origin)} may not call this host.`,
    remedy: "If you trust the page, add exactly this origin to the CORS origins of the host's TCP listener.",
    metadata: { origin },
  });
}

/**
 * The origin of the page that the listener itself serves. Without TLS it has a name of this machine: another name could
 * have been made to lead here. With TLS the browser has compared the name with the certificate.
 */
function ownOrigin(headers: NodeRequest["headers"], { isSecure }: { isSecure: boolean }): string | undefined {
  const host = String(headers[":authority"] ?? headers.host ?? "");
  if (isSecure) return `https://${host}`;
  const url = `http://${host}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname) ? url : undefined;
}
