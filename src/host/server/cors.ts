import { Code, type ConnectError, cors as names } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { NodeRequest, NodeResponse } from "./access.js";

/**
 * Answers for browsers (Fetch standard, "CORS protocol"): only scripts of the given origins may call and read.
 * True if that was all there was to answer.
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
    response.setHeader("access-control-expose-headers", names.exposedHeaders.join(", "));
  }
  if (request.method !== "OPTIONS") return false;
  if (allowed) {
    response.setHeader("access-control-allow-methods", names.allowedMethods.join(", "));
    response.setHeader("access-control-allow-headers", [...names.allowedHeaders, "Authorization"].join(", "));
    // Browsers cap this at two hours.
    response.setHeader("access-control-max-age", "7200");
  }
  response.writeHead(allowed ? 204 : 403).end();
  return true;
}

/**
 * Why a call of a page is refused, if it is. Leaving out the headers above only keeps a page from reading: this keeps
 * it from acting, also one whose name was made to point here ("DNS rebinding"), for which nothing is cross-origin.
 */
export function originRefusal(
  { headers: { origin } }: NodeRequest,
  origins: ReadonlySet<string>,
): ConnectError | undefined {
  if (origin === undefined || origins.has(origin)) return undefined;
  return typedError({
    code: Code.PermissionDenied,
    reason: "ORIGIN_REFUSED",
    message: `Pages of the origin ${JSON.stringify(origin)} may not call this host.`,
    remedy: "If you trust the page, run the host on TCP with --cors-origin and exactly that origin.",
    metadata: { origin },
  });
}
