import { Code, ConnectError, type ConnectRouter, createContextValues } from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { answerPage } from "../../ui-server/page-files.js";
import { countBytes } from "../../util/count-bytes.js";
import { endIfSilent } from "../../util/end-if-silent.js";
import { reductionOf, refusalOf } from "../access/authorize.js";
import { accessLostKey, type Caller, callerKey } from "../access/caller.js";
import { anonymousAt } from "../access/principal.js";
import { isForAnyone } from "../access/rules.js";
import { runInCall } from "../base/call-scope.js";
import type { Log } from "../base/log.js";
import type { Quota } from "../quotas/quota.js";
import type { Access, NodeRequest, NodeResponse } from "./access.js";
import { admit, networkOf } from "./admission.js";
import { withFewElements } from "./bounded-messages.js";
import {
  hostStopping,
  isTyped,
  nameCall,
  requestError,
  requestSilent,
  unknownCallerTooLarge,
} from "./call-errors.js";
import { callIdHeader, identifyCall } from "./call-id.js";
import { answerCors, originRefusal } from "./cors.js";
import { closeConnection, discardRest } from "./end-of-call.js";
import { errorResponse, explainStatus, unknownMethod } from "./error-response.js";
import { isJsonCall, jsonQuery, unknownEnumName, withKnownEnums } from "./json-enums.js";
import type { ServerLimits } from "./limits.js";
import { mapResponseError } from "./map-response-error.js";
import { normalizeHeaders } from "./normalize-headers.js";

/**
 * Largest request of a caller without credentials that count, in bytes. All such callers share the memory for requests with
 * those that the host knows.
 */
const maxUnknownBytes = 64 << 10;

/** Calls without which a build that runs could not end. */
const ofRunningBuilds = new Set([
  "slipway.v1.BuildService/CancelBuild",
  "slipway.v1.BuildService/ReadOutput",
]);

/** Handles the requests of a listener. */
export type RequestHandler = (request: NodeRequest, response: NodeResponse) => void;

/** Rules of one listener. */
export interface CallRules {
  access: Access;
  /** Origins whose pages may call. */
  corsOrigins: ReadonlySet<string>;
  /** The listener serves the web page too, which then may call. */
  page?: {
    /** Whether it is served over TLS. */
    isSecure: boolean;
  };
}

/** Options of {@link Calls}. */
export interface CallsOptions {
  router: ConnectRouter;
  limits: ServerLimits;
  /** Of the open calls. */
  quota: Quota;
  /** Of the bytes of their requests. */
  requestQuota: Quota;
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
  /** Of the open calls: each ends its call if the caller has lost access. */
  #accessChecks = new Set<() => void>();

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#handlers = new Map(options.router.handlers.map((handler) => [handler.requestPath, handler]));
  }

  /** Refuses new calls from now on, but for those without which builds that run could not end. */
  refuse(): void {
    this.#stopping = true;
  }

  /** Ends the open calls whose callers have lost access: credentials were revoked or have expired, or roles changed. */
  checkAccess(): void {
    for (const check of this.#accessChecks) check();
  }

  /** Resolves when no call, or no counted call, is open. */
  async ended(which: "counted" | "all"): Promise<void> {
    while (this.#open[which] > 0) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Returns the handler for a listener. It never throws: bad requests get an answer. */
  listener(rules: CallRules): RequestHandler {
    return (request, response) => {
      const end = runInCall(identifyCall(request), () => this.#answer(rules, request, response));
      response.once("close", end);
    };
  }

  #answer(rules: CallRules, request: NodeRequest, response: NodeResponse): void {
    request.on("error", (error) => this.#options.log.debug("Request aborted", { error: error.message }));
    response.on("error", (error) => this.#options.log.debug("Response aborted", { error: error.message }));
    try {
      this.#handle(rules, request, response);
    } catch (error) {
      this.#options.log.warn("Request could not be handled", { error: String(error) });
      const malformed = new ConnectError("it is not valid HTTP", Code.InvalidArgument);
      this.#send(errorResponse(request, requestError(malformed, this.#options.limits)), request, response);
    }
  }

  #handle({ access, corsOrigins, page }: CallRules, request: NodeRequest, response: NodeResponse): void {
    if (answerCors(request, response, corsOrigins)) return;
    const handler = this.#handlers.get(request.url?.split("?", 1)[0] ?? "");
    discardRest(request, response);
    if (page && !handler && answerPage(request, response)) return;
    // Answers are for one caller. A browser must not guess their type.
    response.setHeader("cache-control", "no-store");
    response.setHeader("x-content-type-options", "nosniff");
    const id = identifyCall(request);
    response.setHeader(callIdHeader, id);
    const { remoteAddress } = request.socket;
    const accessNow = () => accessTo(handler, access(request), remoteAddress);
    const { caller, refusal: noAccess, isOutdated, isKnown } = accessNow();
    if (isKnown) admit(request.socket);
    if (!handler) {
      const answer = noAccess ? errorResponse(request, noAccess) : unknownMethod(request);
      if (isOutdated) closeConnection(request, response);
      this.#send(answer, request, response);
      return;
    }
    const refusal =
      originRefusal(request, corsOrigins, page) ??
      noAccess ??
      this.#unauthorized(handler, caller) ??
      (this.#stopping && !ofRunningBuilds.has(nameOf(handler)) ? hostStopping() : undefined) ??
      this.#takePlace(caller, response);
    this.#count(handler, response);
    if (refusal) {
      if (isOutdated) closeConnection(request, response);
      // Before the body or the query is read.
      this.#send(errorResponse(request, refusal), request, response);
      return;
    }
    const query = request.method === "GET" ? jsonQuery(request.url ?? "") : undefined;
    const fault = query && unknownEnumName(handler.method.input, query);
    if (fault) {
      this.#send(errorResponse(request, fault), request, response);
      return;
    }
    normalizeHeaders(request);
    const lost = new AbortController();
    const values = createContextValues().set(callerKey, caller).set(accessLostKey, lost.signal);
    const call = universalRequestFromNodeRequest(request, response, undefined, values);
    const maxBytes = isKnown ? Number.POSITIVE_INFINITY : maxUnknownBytes;
    call.body = this.#body(handler, request, this.#counter(caller, response, maxBytes));
    call.signal = AbortSignal.any([call.signal, lost.signal]);
    this.#watchAccess(response, () => {
      const now = accessNow();
      const reason =
        now.refusal ??
        this.#unauthorized(handler, now.caller) ??
        reductionOf(nameOf(handler), caller.principal!, now.caller.principal!);
      if (reason) lost.abort(reason);
    });
    const { limits } = this.#options;
    // The RPC library raises some errors itself, which have no reason.
    const complete = (error: ConnectError) =>
      nameCall(isTyped(error) ? error : requestError(error, limits), id);
    const answer = handler(call)
      .then((answer) => explainStatus(request, answer))
      .then((answer) => mapResponseError(answer, complete));
    this.#send(answer, request, response);
  }

  #send(
    answer: UniversalServerResponse | Promise<UniversalServerResponse>,
    request: NodeRequest,
    response: NodeResponse,
  ): void {
    Promise.resolve(answer)
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch((error) => {
        this.#options.log.debug("Call aborted", {
          path: request.url?.split("?", 1)[0],
          error: String(error),
        });
        response.destroy();
      });
  }

  /** The bytes of a request. A client that starts a request and stops sending must not keep the host busy forever. */
  #body(
    { method }: UniversalHandler,
    request: NodeRequest,
    count: (bytes: number) => void,
  ): AsyncIterable<Uint8Array> {
    const bytes: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
    const { silentRequestMs, maxMessageBytes } = this.#options.limits;
    const bounded = (body: AsyncIterable<Uint8Array>) =>
      withFewElements(body, method.input, request, maxMessageBytes);
    if (method.methodKind === "bidi_streaming") return bounded(bytes);
    const timely = endIfSilent(bytes, silentRequestMs, () => requestSilent(silentRequestMs));
    // The handler takes the messages of a stream one by one; a single message is in memory as a whole.
    const body = bounded(method.methodKind === "client_streaming" ? timely : countBytes(timely, count));
    return isJsonCall(request) ? withKnownEnums(body, method.input, request, maxMessageBytes) : body;
  }

  #unauthorized(handler: UniversalHandler, { transport, principal, policy }: Caller) {
    const subject = { principal: principal!, isLocal: transport === "unix" };
    return refusalOf(nameOf(handler), subject, policy);
  }

  #watchAccess(response: NodeResponse, check: () => void): void {
    this.#accessChecks.add(check);
    response.once("close", () => this.#accessChecks.delete(check));
  }

  /** Takes a place until the end of the call; returns the refusal when there is none. */
  #takePlace({ principal }: Caller, response: NodeResponse): ConnectError | undefined {
    const { quota } = this.#options;
    try {
      quota.take(principal!, 1);
    } catch (refusal) {
      return ConnectError.from(refusal);
    }
    response.once("close", () => quota.give(principal!, 1));
    return undefined;
  }

  /** Counts bytes of a request until the end of its call. It throws when there is no room for them. */
  #counter({ principal }: Caller, response: NodeResponse, maxBytes: number): (bytes: number) => void {
    const { requestQuota } = this.#options;
    let taken = 0;
    response.once("close", () => requestQuota.give(principal!, taken));
    return (bytes) => {
      if (taken + bytes > maxBytes) throw unknownCallerTooLarge(maxBytes);
      requestQuota.take(principal!, bytes);
      taken += bytes;
    };
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

/** Service and method, as the rules of access name them. */
function nameOf({ service, method }: UniversalHandler): string {
  return `${service.typeName}/${method.name}`;
}

/** The access of a request to a method. Where no credentials are needed, none that are wrong or missing are at fault. */
function accessTo(
  handler: UniversalHandler | undefined,
  access: ReturnType<Access>,
  remoteAddress = "",
): ReturnType<Access> & { isKnown: boolean } {
  const { caller, refusal, isOutdated } = access;
  if (!refusal || isOutdated || !handler || !isForAnyone(nameOf(handler)))
    return { ...access, isKnown: !refusal };
  return { caller: { ...caller, principal: anonymousAt(networkOf(remoteAddress)) }, isKnown: false };
}
