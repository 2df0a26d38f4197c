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

/** Whether a call failed because its connection was lost. */
export function isLost(cause: unknown): boolean {
  if (!(cause instanceof ConnectError)) return false;
  const { code, domain, reason } = readTypedError(cause);
  return domain ? lostReasons.has(reason) : lostCodes.has(code);
}

/** The error of events that end before their build. */
export function endedEarly(): ConnectError {
  return new ConnectError("The host ended the events before the build did.", Code.Unavailable);
}
