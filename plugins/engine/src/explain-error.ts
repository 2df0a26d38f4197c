import { ConnectError } from "@connectrpc/connect";
import { Code, connectionFaultOf, driverError } from "slipway/driver";
import type { EngineAddress } from "./address.js";
import { badTlsFiles, clientRefused, connectionBroken, type Fault, faultOf, tlsRequired } from "./faults.js";

/** Turns the error that ended a connection to an Engine into a typed one. Typed errors stay as they are. */
export function explainEngineError(error: unknown, address: Pick<EngineAddress, "endpoint">): Error {
  if (error instanceof ConnectError) return error;
  const [fault, detail] = diagnose(error as NodeJS.ErrnoException);
  return faultError(fault, address, detail);
}

/** The error for an Engine that answers a plain request by asking for TLS; undefined for other answers. */
export function explainTlsRequired(
  answer: string,
  address: Pick<EngineAddress, "endpoint">,
): Error | undefined {
  return answer.includes("HTTP request to an HTTPS server") ? faultError(tlsRequired, address) : undefined;
}

function faultError(
  { code = Code.Unavailable, reason, what, remedy }: Fault,
  { endpoint }: Pick<EngineAddress, "endpoint">,
  detail?: string,
): Error {
  const message = `The Docker Engine at ${endpoint} ${what}${detail ? ` (${detail})` : ""}.`;
  return driverError({ code, reason, message, remedy });
}

/** The fault, and Node.js's message if it has more details. */
function diagnose(error: NodeJS.ErrnoException): [Fault, detail?: string] {
  // The code of a DOMException is a number.
  const code = String(error.code ?? "");
  const kind = connectionFaultOf(error);
  if (kind) return [faultOf(kind), kind.startsWith("tls") ? error.message : undefined];
  if (/^ERR_SSL_.*ALERT/.test(code))
    return [clientRefused, /alert ([a-z ]+)/.exec(error.message)?.[1]?.trim()];
  if (/^ERR_(SSL|OSSL)/.test(code)) return [badTlsFiles, error.message];
  return [connectionBroken, error.message || code || error.name];
}
