import { cors as names } from "@connectrpc/connect";
import type { NodeRequest } from "./access.js";
import type { NodeResponse } from "./calls.js";

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
  if (origin === undefined) return false;
  response.setHeader("vary", "origin");
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
