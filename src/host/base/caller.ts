import { Code, type ContextValues, createContextKey } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";

/** Who makes a call. */
export interface Caller {
  /** The way it came: over the host's own unix socket, which only its user can open, or over TCP. */
  transport: "unix" | "tcp";
  /** Subject of the client's certificate, when it showed one. */
  identity?: string;
}

/** Key of the caller among a call's context values. */
export const callerKey = createContextKey<Caller>(
  // Nobody is local until the server says so.
  { transport: "tcp" },
  { description: "who makes the call" },
);

/** The part of a handler's context that holds the caller. */
export interface CallContext {
  readonly values: ContextValues;
}

/** Who makes a call. */
export function callerOf(context: CallContext): Caller {
  return context.values.get(callerKey);
}

/**
 * Refuses a caller that is not on the unix socket: PERMISSION_DENIED, reason LOCAL_ONLY, naming the field of the
 * request that means something on the host's own machine.
 */
export function requireLocal(context: CallContext, field: string): void {
  if (callerOf(context).transport === "unix") return;
  const message = `${field} is only for clients on the host's unix socket.`;
  throw typedError({
    code: Code.PermissionDenied,
    reason: "LOCAL_ONLY",
    message,
    fields: [{ field, message, reason: "LOCAL_ONLY" }],
    remedy: "Upload the files instead and stream the outputs, or call over the unix socket.",
  });
}
