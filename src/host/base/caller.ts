import { Code, type ContextValues, createContextKey } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";

/** The caller of an RPC. */
export interface Caller {
  /** The host's unix socket, which only its user can open, or TCP. */
  transport: "unix" | "tcp";
  /** Subject of the client's certificate, if it presented one. */
  identity?: string;
}

/** Context key of the caller. */
export const callerKey = createContextKey<Caller>(
  // A caller is remote unless the server marks it as local.
  { transport: "tcp" },
  { description: "who makes the call" },
);

/** The part of a handler's context that holds the caller. */
export interface CallContext {
  readonly values: ContextValues;
}

/** Returns the caller of an RPC. */
export function callerOf(context: CallContext): Caller {
  return context.values.get(callerKey);
}

/**
 * Refuses a caller that is not on the unix socket: PERMISSION_DENIED, reason LOCAL_ONLY. `field` is the request field
 * that refers to the host's own machine.
 */
export function requireLocal(context: CallContext, field: string): void {
  if (callerOf(context).transport === "unix") return;
  const message = `${field} is allowed only on the host's unix socket.`;
  throw typedError({
    code: Code.PermissionDenied,
    reason: "LOCAL_ONLY",
    message,
    fields: [{ field, message, reason: "LOCAL_ONLY" }],
    remedy: "Upload the files and stream the outputs instead, or call over the unix socket.",
  });
}
