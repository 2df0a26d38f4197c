import {
  request as call,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { Code, type ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { typedError } from "../errors/typed-error.js";
import { LinkSession } from "./link-session.js";
import { answerPage } from "./page-files.js";
import { pageMethods } from "./page-methods.js";

/** Where to serve the page. */
export interface LoopbackOptions {
  /** Path of the host's unix socket. */
  socket: string;
  /** Port on 127.0.0.1; 0 selects a free one. */
  port: number;
  /** The page that the link opens, such as ["builds"]. Default: the first one. */
  route?: readonly string[];
}

/** The page on a loopback port. */
export interface Loopback {
  /** Its address with the one-time token. */
  link: string;
  /** Ends all requests, and stops listening. */
  close(): Promise<void>;
}

/** Headers of a call that the host gets; above all not the token, which is of no use to it. */
const passedHeaders = [
  "accept",
  "accept-encoding",
  "connect-protocol-version",
  "connect-timeout-ms",
  "content-encoding",
  "content-length",
  "content-type",
  "transfer-encoding",
  "user-agent",
];

/**
 * Serves the page on 127.0.0.1, and passes the calls of who has its session to the host: only those that the page makes
 * ({@link pageMethods}). A page of another origin, or with another name for this machine, gets nothing. Rejects with
 * FAILED_PRECONDITION, reason LISTEN_FAILED.
 */
export async function openLoopback({ socket, port, route = [] }: LoopbackOptions): Promise<Loopback> {
  const session = new LinkSession();
  const server = createServer((request, response) => {
    request.on("error", () => response.destroy());
    response.on("error", () => {});
    const refusal = foreignRefusal(request, (server.address() as AddressInfo).port);
    if (refusal) return refuse(response, refusal);
    if (answerPage(request, response)) return;
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (request.url === "/session" && request.method === "POST") return begin(session, token, response);
    if (!session.allows(token)) return refuse(response, linkUsed());
    if (!pageMethods.has((request.url ?? "").split("?", 1)[0]!.slice(1)))
      return refuse(response, notOfPage(request.url ?? ""));
    pass(socket, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(listenFailed(port, cause.message)));
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    link: `http://127.0.0.1:${(server.address() as AddressInfo).port}/#once=${session.link}${routeText(route)}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A route as the page writes it behind the "#". */
export function routeText(route: readonly string[]): string {
  return route.map((part) => `/${encodeURIComponent(part)}`).join("");
}

function begin(session: LinkSession, token: string | undefined, response: ServerResponse): void {
  const begun = session.begin(token);
  if (begun === undefined) {
    refuse(response, linkUsed());
    return;
  }
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify({ token: begun }));
}

/** Passes a call to the host, and its answer back as it arrives. */
function pass(socketPath: string, request: IncomingMessage, response: ServerResponse): void {
  const headers: IncomingHttpHeaders = { host: "localhost" };
  for (const name of passedHeaders)
    if (request.headers[name] !== undefined) headers[name] = request.headers[name];
  const { method, url: path } = request;
  const passed = call({ socketPath, method, path, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  passed.on("error", () => {
    if (response.headersSent) response.destroy();
    else refuse(response, hostGone(socketPath));
  });
  response.once("close", () => passed.destroy());
  request.pipe(passed);
}

function refuse(response: ServerResponse, error: ConnectError): void {
  response.writeHead(codeToHttpStatus(error.code), {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  response.end(errorToJsonBytes(error, undefined));
}

/** Refuses a page from elsewhere, also one whose name was made to lead here (DNS rebinding). */
function foreignRefusal({ headers }: IncomingMessage, port: number): ConnectError | undefined {
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host = "", origin } = headers;
  const site = String(headers["sec-fetch-site"] ?? "none");
  // The link itself may be followed from anywhere; what it needs is not in the request.
  const isNavigation = headers["sec-fetch-mode"] === "navigate";
  const isOwn =
    own.includes(host) &&
    (origin === undefined || origin === `http://${host}`) &&
    (isNavigation || ["none", "same-origin"].includes(site));
  if (isOwn) return undefined;
  const named = origin ?? (own.includes(host) ? site : `http://${host}`);
  return typedError({
    code: Code.PermissionDenied,
    reason: "ORIGIN_REFUSED",
    message: `Pages of the origin ${JSON.stringify(named)} may not call this host.`,
    remedy: `Open http://127.0.0.1:${port} or http://localhost:${port}.`,
    metadata: { origin: named },
  });
}

function linkUsed(): ConnectError {
  return typedError({
    code: Code.Unauthenticated,
    reason: "PAGE_LINK_USED",
    message: "This tab has no session: the link that opens the page works once.",
    remedy: "Run slipway ui again, and open its new link.",
  });
}

function notOfPage(path: string): ConnectError {
  return typedError({
    code: Code.Unimplemented,
    reason: "METHOD_UNKNOWN",
    message: `The page does not call ${JSON.stringify(path)}.`,
    remedy: "Call the host over its unix socket.",
  });
}

function hostGone(socket: string): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "HOST_NOT_RUNNING",
    message: `No host listens on ${socket}.`,
    remedy: "Start it, for example with slipway ls.",
  });
}

function listenFailed(port: number, why: string): ConnectError {
  const address = `127.0.0.1:${port}`;
  return typedError({
    code: Code.FailedPrecondition,
    reason: "LISTEN_FAILED",
    message: `The page cannot be served on ${address}: ${why}.`,
    remedy: "Give another port.",
    metadata: { address },
  });
}
