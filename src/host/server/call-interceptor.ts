import type { DescMethod } from "@bufbuild/protobuf";
import { ConnectError, type ContextValues, type Interceptor, type StreamRequest } from "@connectrpc/connect";
import { BuilderService } from "../../gen/slipway/v1/builder_pb.js";
import { endIfSilent } from "../../util/end-if-silent.js";
import { guardStream } from "../../util/guard-stream.js";
import { untilAborted } from "../../util/until-aborted.js";
import { callerOf } from "../access/caller.js";
import type { Log } from "../base/log.js";
import { handlerError, isTyped, requestError, requestSilent } from "./call-errors.js";
import type { ServerLimits } from "./limits.js";
import { withoutEnvironment } from "./remote-request.js";

/**
 * Wraps every handler: gives every error a reason, and answers a call as soon as its signal aborts, even if the handler
 * ignores the signal.
 */
export function callInterceptor(log: Log, limits: ServerLimits): Interceptor {
  return (next) => async (request) => {
    const { signal } = request;
    const convert = (error: unknown) => {
      // After an abort the handler's error is a consequence; the signal's reason is the cause.
      const cause = signal.aborted && !isTyped(error) ? signal.reason : error;
      return handlerError(cause instanceof DOMException ? ConnectError.from(cause) : cause, methodName, log);
    };
    const methodName = `${request.service.typeName}/${request.method.name}`;
    const own = isLocal(request) ? request : withoutEnvironment(request);
    const typed = own.stream
      ? {
          ...own,
          message: guardStream(prompt(own, limits), signal, (error) => inputError(error, limits)),
        }
      : own;
    try {
      const response = await untilAborted(next(typed), signal);
      return response.stream
        ? { ...response, message: guardStream(response.message, signal, convert) }
        : response;
    } catch (error) {
      throw convert(error);
    }
  };
}

/** Methods whose requests may be silent for any time, once they have begun. */
const tunnels = new Set<DescMethod>([BuilderService.method.dialBuilder]);

/**
 * The messages of a request in both directions, whose bytes have no time limit: a client that opens such a call and sends
 * nothing must not keep the host busy for ever.
 */
function prompt({ method, message }: StreamRequest, { silentRequestMs: ms }: ServerLimits) {
  if (method.methodKind !== "bidi_streaming") return message;
  let reads = 0;
  const isLimited = () => reads++ === 0 || !tunnels.has(method);
  return endIfSilent(message, ms, () => requestSilent(ms), isLimited);
}

function isLocal({ contextValues }: { contextValues: ContextValues }): boolean {
  return callerOf({ values: contextValues }).transport === "unix";
}

function inputError(error: unknown, limits: ServerLimits): unknown {
  return error instanceof ConnectError && !isTyped(error) ? requestError(error, limits) : error;
}
