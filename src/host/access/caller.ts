import { Code, type ContextValues, createContextKey } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { type Policy, refusalOf } from "./authorize.js";
import type { Principal } from "./principal.js";

/** The caller of an RPC. */
export interface Caller {
  /** The host's unix socket, which only its user can open, or TCP. */
  transport: "unix" | "tcp";
  /** Who it is; undefined for a caller that is refused. */
  principal?: Principal;
  /** What the host's operator allows. */
  policy: Policy;
  /** Another host of the same database forwards the call. */
  isForwarded?: boolean;
}

/** Context key of the caller. */
export const callerKey = createContextKey<Caller>(
  // Nobody is local until the server says so.
  { transport: "tcp", policy: { allowRemoteAdmin: false } },
  { description: "who makes the call" },
);

/** Context key of the signal that aborts when the caller loses the access that its open call needs. */
export const accessLostKey = createContextKey<AbortSignal>(new AbortController().signal, {
  description: "whether the caller has lost access",
});

/** The part of a handler's context that holds the caller. */
export interface CallContext {
  readonly values: ContextValues;
}

/** Returns the caller of an RPC. */
export function callerOf(context: CallContext): Caller {
  return context.values.get(callerKey);
}

/** The principal that makes a call; the server lets no call in without one. */
export function principalOf(context: CallContext): Principal {
  const { principal } = callerOf(context);
  if (!principal) throw new Error("the call has no principal");
  return principal;
}

/** Refuses a caller that may not call another method, by which it could reach the same; see {@link refusalOf}. */
export function authorize(method: string, context: CallContext): void {
  const { transport, policy } = callerOf(context);
  const subject = { principal: principalOf(context), isLocal: transport === "unix" };
  const refusal = refusalOf(method, subject, policy);
  if (refusal) throw refusal;
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
