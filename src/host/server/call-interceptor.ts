import { ConnectError, createContextKey, type Interceptor } from "@connectrpc/connect";
import { untilAborted } from "../../util/until-aborted.js";
import type { Log } from "../base/log.js";
import { handlerError, isTyped, requestError } from "./call-errors.js";
import type { ServerLimits } from "./limits.js";
import { guardStream } from "./stream-guard.js";

/** Key of the error with which the server refuses a call before any handler sees it. */
export const refusalKey = createContextKey<ConnectError | undefined>(undefined, {
  description: "why the call is refused",
});

/**
 * Stands between the RPC library and every handler: refused calls end here, every error leaves with a reason, and a
 * call whose signal aborts is answered at once, whether or not its handler heeds that.
 */
export function callInterceptor(log: Log, limits: ServerLimits): Interceptor {
  return (next) => async (request) => {
    const refusal = request.contextValues.get(refusalKey);
    if (refusal) throw refusal;
    const { signal } = request;
    const convert = (error: unknown) => {
      // What a handler throws because it was aborted is not what went wrong.
      const cause = signal.aborted && !isTyped(error) ? signal.reason : error;
      return handlerError(cause instanceof DOMException ? ConnectError.from(cause) : cause, methodName, log);
    };
    const methodName = `${request.service.typeName}/${request.method.name}`;
    const typed = request.stream
      ? { ...request, message: guardStream(request.message, signal, (error) => inputError(error, limits)) }
      : request;
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

function inputError(error: unknown, limits: ServerLimits): unknown {
  return error instanceof ConnectError && !isTyped(error) ? requestError(error, limits) : error;
}
