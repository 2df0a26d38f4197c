import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { packageRoot } from "../util/package-root.js";

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

interface PageFile {
  type: string;
  content: Buffer;
  compressed: Buffer;
  etag: string;
}

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Headers of every file of the page. It loads and calls only what comes from where it came from, runs no script inside
 * its document, makes no element from text, and is in no frame.
 */
const headers = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  // Asked for again each time, so that page and host are of one version.
  "cache-control": "no-cache",
  vary: "accept-encoding",
};

/** Answers a request for a file of the web page. Returns false for other requests, and when the page was not built. */
export function answerPage(request: Request, response: Response): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  const [path = ""] = (request.url ?? "").split("?", 1);
  const file = pageFiles().get(path === "/" ? "/index.html" : path);
  if (!file) return false;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader("etag", file.etag);
  if (request.headers["if-none-match"] === file.etag) {
    response.statusCode = 304;
    response.end();
    return true;
  }
  const isCompressed = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const body = isCompressed ? file.compressed : file.content;
  if (isCompressed) response.setHeader("content-encoding", "gzip");
  response.setHeader("content-type", file.type);
  response.setHeader("content-length", body.length);
  if (request.method === "HEAD") response.end();
  else (response as ServerResponse).end(body);
  return true;
}

/** Whether this installation has the page. */
export function hasPage(): boolean {
  return pageFiles().size > 0;
}

let files: Map<string, PageFile> | undefined;

/** The files by their paths, read once. */
function pageFiles(): Map<string, PageFile> {
  files ??= readFiles(join(packageRoot(), "dist/ui"));
  return files;
}

function readFiles(folder: string): Map<string, PageFile> {
  try {
    const names = readdirSync(folder).filter((name) => types[extname(name)]);
    return new Map(names.map((name) => [`/${name}`, readFile(join(folder, name))]));
  } catch {
    return new Map();
  }
}

function readFile(path: string): PageFile {
  const content = readFileSync(path);
  const etag = `"${createHash("sha256").update(content).digest("base64url")}"`;
  return { type: types[extname(path)]!, content, compressed: gzipSync(content, { level: 9 }), etag };
}
