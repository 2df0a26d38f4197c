import { Code, ConnectError } from "@connectrpc/connect";
import { readTypedError } from "../errors/typed-error.js";

/** Reasons of errors after which another connection can succeed. */
const lostReasons = new Set([
  "HOST_CONNECTION_LOST",
  "HOST_NOT_RUNNING",
  "HOST_STOPPING",
  "HOST_UNREACHABLE",
]);
/** Codes of errors of the RPC library about a connection or a stream that broke. Errors of the host have reasons. */
const lostCodes = new Set([Code.Unavailable, Code.Internal, Code.Unknown, Code.Canceled, Code.Aborted]);
const refusedTokens = new Set(["TOKEN_EXPIRED", "TOKEN_WRONG"]);
/** The longest delay for which a client waits, in milliseconds. A call that must wait longer is not repeated. */
const longestDelay = 60_000;

/**
 * The delay before a call may be repeated, in milliseconds, as its error says (`google.rpc.RetryInfo`): 0 if it does not.
 * Undefined if the call failed for another reason than its connection, or would have to wait too long.
 */
export function repeatDelay(cause: unknown): number | undefined {
  if (!(cause instanceof ConnectError)) return undefined;
  const { code, domain, reason, retryAfterMs = 0 } = readTypedError(cause);
  const isLost = domain ? lostReasons.has(reason) : lostCodes.has(code);
  return isLost && retryAfterMs <= longestDelay ? retryAfterMs : undefined;
}

/**
 * Whether the host refused the token of a call, and so the call. A function that gives tokens may have another one, also
 * where the host's clock or keys have changed and the token seems to be valid.
 */
export function isRefusedToken(cause: unknown): boolean {
  if (!(cause instanceof ConnectError)) return false;
  const { domain, reason } = readTypedError(cause);
  return domain !== "" && refusedTokens.has(reason);
}

/** The error of events that end before their build. */
export function endedEarly(): ConnectError {
  return new ConnectError("The host ended the events before the build did.", Code.Unavailable);
}
