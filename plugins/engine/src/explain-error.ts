import { ConnectError } from "@connectrpc/connect";
import { Code, driverError } from "slipway/driver";
import type { EngineAddress } from "./address.js";
import {
  badTlsFiles,
  brokeOff,
  cancelled,
  clientRefused,
  type Fault,
  faultsByCode,
  silent,
  tlsRequired,
} from "./faults.js";

/** Says what is wrong when an Engine cannot be talked to. Errors that are typed already stay as they are. */
export function explainEngineError(error: unknown, address: Pick<EngineAddress, "endpoint">): Error {
  if (error instanceof ConnectError) return error;
  const [fault, detail] = diagnose(error as NodeJS.ErrnoException);
  return faultError(fault, address, detail);
}

/** The Engine was spoken to in plain text and wants TLS, which it says in its answer to the first request. */
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
  const message = `the Docker Engine at ${endpoint} ${what}${detail ? ` (${detail})` : ""}`;
  return driverError({ code, reason, message, remedy });
}

/** The fault, and what Node says of it where that tells more. */
function diagnose(error: NodeJS.ErrnoException): [Fault, detail?: string] {
  // That of a DOMException is a number.
  const code = String(error.code ?? "");
  const fault = faultsByCode[code];
  if (fault) return [fault, /TLS|SSL|CERT|SIGN/.test(code) ? error.message : undefined];
  if (/^ERR_SSL_.*ALERT/.test(code))
    return [clientRefused, /alert ([a-z ]+)/.exec(error.message)?.[1]?.trim()];
  if (/^ERR_(SSL|OSSL)/.test(code)) return [badTlsFiles, error.message];
  if (isTimeout(error) || isTimeout(error.cause)) return [silent];
  if (error.name === "AbortError") return [cancelled];
  return [brokeOff, error.message || code || error.name];
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}
