import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { limitError } from "../errors/typed-error.js";
import { driverError } from "./driver-error.js";
import { log } from "./log.js";

/** Wraps a unary handler so that all its errors are typed and small enough for every client. */
export function unary<I, O>(handle: (request: I, context: HandlerContext) => O | Promise<O>) {
  return async (request: I, context: HandlerContext): Promise<O> => {
    try {
      return await handle(request, context);
    } catch (cause) {
      throw explain(cause, context);
    }
  };
}

/** The same as {@link unary} for handlers that answer with a stream. */
export function streaming<I, O>(handle: (request: I, context: HandlerContext) => AsyncIterable<O>) {
  return async function* (request: I, context: HandlerContext): AsyncIterable<O> {
    try {
      yield* handle(request, context);
    } catch (cause) {
      throw explain(cause, context);
    }
  };
}

function explain(cause: unknown, { signal, method }: HandlerContext): unknown {
  if (cause instanceof ConnectError) return limitError(cause);
  if (signal.aborted) return ConnectError.from(signal.reason, Code.Canceled);
  // A bug in the driver: the author needs the stack, and the user at least the message.
  log.error(`${method.name} failed`, { error: cause });
  const message = cause instanceof Error ? cause.message || cause.name : String(cause);
  return driverError({ code: Code.Internal, reason: "DRIVER_FAULT", message });
}
