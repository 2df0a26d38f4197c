import { constants } from "node:http2";
import { type ConnectError, type ConnectRouter, createContextValues } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { callerKey } from "../base/caller.js";
import type { Log } from "../base/log.js";
import type { Access, NodeRequest, NodeResponse } from "./access.js";
import { hostStopping, requestError } from "./call-errors.js";
import { refusalKey } from "./call-interceptor.js";
import { answerCors, originRefusal } from "./cors.js";
import type { ServerLimits } from "./limits.js";
import { typeResponse } from "./typed-response.js";

/** Takes the requests of a listener. */
export type RequestHandler = (request: NodeRequest, response: NodeResponse) => void;

/** A listener's own rules. */
export interface CallRules {
  access: Access;
  /** Origins whose scripts may call. */
  corsOrigins: ReadonlySet<string>;
}

/** What {@link Calls} works with. */
export interface CallsOptions {
  router: ConnectRouter;
  limits: ServerLimits;
  log: Log;
  /** Called when a call that counts begins; returns what to call at its end. */
  onCall(): () => void;
  /** Full names of services whose calls do not count. */
  uncounted: ReadonlySet<string>;
}

/** Leads requests to the RPC library's handlers, and knows which are open. */
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

  /** From now on new calls are refused. */
  refuse(): void {
    this.#stopping = true;
  }

  /** Settles when no call is open, or none that counts. */
  async ended(which: "counted" | "all"): Promise<void> {
    while (this.#open[which] > 0) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** The handler for a listener with these rules. Never throws: bad requests are answered. */
  listener(rules: CallRules): RequestHandler {
    return (request, response) => {
      request.on("error", (error) =>
        this.#options.log.debug("a request broke off", { error: error.message }),
      );
      response.on("error", (error) =>
        this.#options.log.debug("a response broke off", { error: error.message }),
      );
      try {
        this.#handle(rules, request, response);
      } catch (error) {
        this.#options.log.warn("a request could not be handled", { error: String(error) });
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
    const refusal =
      originRefusal(request, corsOrigins) ?? noAccess ?? (this.#stopping ? hostStopping() : undefined);
    this.#count(handler, response);
    discardRest(request, response);
    normalizeHeaders(request);
    const values = createContextValues().set(callerKey, caller).set(refusalKey, refusal);
    const call = universalRequestFromNodeRequest(request, response, undefined, values);
    // Refused before its body is read; the interceptor does it for a GET, which has none.
    call.body = refusal ? refuseBody(refusal) : request.iterator({ destroyOnReturn: false });
    const { limits, log } = this.#options;
    handler(call)
      .then((answer) => typeResponse(answer, (error) => requestError(error, limits)))
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch((error) => {
        log.debug("a call broke off", { path: handler.requestPath, error: String(error) });
        response.destroy();
      });
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

/** How long a client may go on sending after it got its answer, in milliseconds. */
const lateRequestMs = 2000;

/**
 * Reads and throws away what a client still sends once it has its answer, for a while. Closing at once would make a
 * client that is busy sending lose the answer: over HTTP/1.1 it sees a reset first.
 */
function discardRest(request: NodeRequest, response: NodeResponse): void {
  // Over HTTP/2 the response says "finish" only once the whole stream is over.
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

/** gRPC clients want the code in a header; the others understand 404. */
function answerUnknown({ headers }: NodeRequest, response: NodeResponse): void {
  if (headers["content-type"]?.startsWith("application/grpc")) {
    response.setHeader("content-type", headers["content-type"]);
    response.setHeader("grpc-status", "12");
    response.setHeader("grpc-message", "the host has no such method");
    // Headers that end the stream: gRPC's "Trailers-Only".
    response.end();
  } else {
    response.writeHead(404).end();
  }
}

/**
 * Takes compressed requests, but never compresses responses: gzip makes 23 MiB/s of binaries, where the connection
 * alone carries 150 and more. And replaces an authority that is no host name, as that of a unix socket may be, on which the
 * library would stumble.
 */
function normalizeHeaders({ headers }: NodeRequest): void {
  for (const name of ["accept-encoding", "grpc-accept-encoding", "connect-accept-encoding"]) {
    headers[name] = "identity";
  }
  const name = ":authority" in headers ? ":authority" : "host";
  const authority = headers[name];
  if (typeof authority !== "string" || !URL.canParse(`http://${authority}`)) headers[name] = "localhost";
}

// biome-ignore lint/correctness/useYield: reading it is what fails
async function* refuseBody(refusal: ConnectError): AsyncGenerator<Uint8Array> {
  throw refusal;
}
