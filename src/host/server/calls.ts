import { constants } from "node:http2";
import { type ConnectError, type ConnectRouter, createContextValues } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { refusalOf } from "../access/authorize.js";
import { type Caller, callerKey } from "../access/caller.js";
import type { Log } from "../base/log.js";
import type { Access, NodeRequest, NodeResponse } from "./access.js";
import { admit } from "./admission.js";
import { hostStopping, requestError } from "./call-errors.js";
import { refusalKey } from "./call-interceptor.js";
import { answerCors, originRefusal } from "./cors.js";
import type { ServerLimits } from "./limits.js";
import { typeResponse } from "./typed-response.js";

/** Handles the requests of a listener. */
export type RequestHandler = (request: NodeRequest, response: NodeResponse) => void;

/** Rules of one listener. */
export interface CallRules {
  access: Access;
  /** Origins whose pages may call. */
  corsOrigins: ReadonlySet<string>;
}

/** Options of {@link Calls}. */
export interface CallsOptions {
  router: ConnectRouter;
  limits: ServerLimits;
  log: Log;
  /** Called when a counted call starts; returns the function to call at its end. */
  onCall(): () => void;
  /** Full names of services whose calls are not counted. */
  uncounted: ReadonlySet<string>;
}

/** Routes requests to the RPC handlers and counts the open calls. */
export class Calls {
  #handlers: ReadonlyMap<string, UniversalHandler>;
  #options: CallsOptions;
  #open = { counted: 0, all: 0 };
  #stopping = false;
  #waiting = new Set<() => void>();

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#handlers = new Map(options.router.handlers.map((handler) => [handler.requestPath, handler]));
  }

  /** Refuses new calls from now on. */
  refuse(): void {
    this.#stopping = true;
  }

  /** Resolves when no call, or no counted call, is open. */
  async ended(which: "counted" | "all"): Promise<void> {
    while (this.#open[which] > 0) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Returns the handler for a listener. It never throws: bad requests get an answer. */
  listener(rules: CallRules): RequestHandler {
    return (request, response) => {
      request.on("error", (error) => this.#options.log.debug("Request aborted", { error: error.message }));
      response.on("error", (error) => this.#options.log.debug("Response aborted", { error: error.message }));
      try {
        this.#handle(rules, request, response);
      } catch (error) {
        this.#options.log.warn("Request could not be handled", { error: String(error) });
        if (!response.headersSent) response.writeHead(400);
        response.end();
      }
    };
  }

  #handle({ access, corsOrigins }: CallRules, request: NodeRequest, response: NodeResponse): void {
    if (answerCors(request, response, corsOrigins)) return;
    const handler = this.#handlers.get(request.url?.split("?", 1)[0] ?? "");
    if (!handler) {
      answerUnknown(request, response);
      return;
    }
    const { caller, refusal: noAccess } = access(request);
    if (!noAccess) admit(request.socket);
    const refusal =
      originRefusal(request, corsOrigins) ??
      noAccess ??
      this.#unauthorized(handler, caller) ??
      (this.#stopping ? hostStopping() : undefined);
    this.#count(handler, response);
    discardRest(request, response);
    normalizeHeaders(request);
    const values = createContextValues().set(callerKey, caller).set(refusalKey, refusal);
    const call = universalRequestFromNodeRequest(request, response, undefined, values);
    // Refuses before the body is read. A GET has no body; the interceptor refuses it.
    call.body = refusal ? refuseBody(refusal) : request.iterator({ destroyOnReturn: false });
    const { limits, log } = this.#options;
    handler(call)
      .then((answer) => typeResponse(answer, (error) => requestError(error, limits)))
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch((error) => {
        log.debug("Call aborted", { path: handler.requestPath, error: String(error) });
        response.destroy();
      });
  }

  #unauthorized({ service, method }: UniversalHandler, { transport, principal, policy }: Caller) {
    const subject = { principal: principal!, isLocal: transport === "unix" };
    return refusalOf(`${service.typeName}/${method.name}`, subject, policy);
  }

  #count(handler: UniversalHandler, response: NodeResponse): void {
    const counts = !this.#options.uncounted.has(handler.service.typeName);
    const end = counts ? this.#options.onCall() : undefined;
    this.#open.all++;
    if (counts) this.#open.counted++;
    response.once("close", () => {
      this.#open.all--;
      if (counts) this.#open.counted--;
      end?.();
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    });
  }
}

/** How long a client may continue to send after its answer, in milliseconds. */
const lateRequestMs = 2000;

/**
 * Discards what a client sends after its answer, for a limited time. Closing at once would lose the answer: a client
 * that is still sending over HTTP/1.1 would see a connection reset first.
 */
function discardRest(request: NodeRequest, response: NodeResponse): void {
  // Over HTTP/2 the response emits "finish" only when the whole stream has ended.
  const answer = "stream" in response ? response.stream : response;
  answer.once("finish", () => {
    if (request.complete) return;
    request.resume();
    const timer = setTimeout(() => {
      if ("stream" in request) request.stream.close(constants.NGHTTP2_NO_ERROR);
      else request.socket.destroy();
    }, lateRequestMs).unref();
    request.once("close", () => clearTimeout(timer));
    request.once("end", () => clearTimeout(timer));
  });
}

/** gRPC clients expect the status in a header; others understand 404. */
function answerUnknown({ headers }: NodeRequest, response: NodeResponse): void {
  if (headers["content-type"]?.startsWith("application/grpc")) {
    response.setHeader("content-type", headers["content-type"]);
    response.setHeader("grpc-status", "12");
    response.setHeader("grpc-message", "The host has no such method.");
    // Headers that end the stream: gRPC's "Trailers-Only" form.
    response.end();
  } else {
    response.writeHead(404).end();
  }
}

/**
 * Disables compressed responses: gzip reaches 23 MiB/s with binaries, the connection alone more than 150. Compressed
 * requests are accepted. Also replaces an authority that is not a host name, as clients send for unix sockets, because
 * the library fails to parse it.
 */
function normalizeHeaders({ headers }: NodeRequest): void {
  for (const name of ["accept-encoding", "grpc-accept-encoding", "connect-accept-encoding"]) {
    headers[name] = "identity";
  }
  const name = ":authority" in headers ? ":authority" : "host";
  const authority = headers[name];
  if (typeof authority !== "string" || !URL.canParse(`http://${authority}`)) headers[name] = "localhost";
}

// biome-ignore lint/correctness/useYield: reading the body must fail
async function* refuseBody(refusal: ConnectError): AsyncGenerator<Uint8Array> {
  throw refusal;
}
