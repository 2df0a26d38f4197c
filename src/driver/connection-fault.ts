/** Kinds of faults of connections, each with a clause that continues "The BuildKit at tcp://host:1234 …". */
export const connectionFaults = {
  socketMissing: "has no socket: the file does not exist",
  refused: "refuses connections: nothing listens there",
  denied: "denies access to this user",
  hostUnknown: "cannot be found: its host name does not resolve",
  noRoute: "cannot be reached: there is no route to the machine",
  silent: "does not answer in time",
  tlsUntrusted: "has a certificate from an unknown authority",
  tlsExpired: "has a certificate that has expired",
  tlsNotYetValid: "has a certificate that is not valid yet",
  tlsNameMismatch: "has a certificate for other names",
  tlsNotSpoken: "does not speak TLS on this port",
  cancelled: "was not waited for: the call was cancelled",
} as const;

/** Why a connection could not be made. */
export type ConnectionFault = keyof typeof connectionFaults;

const byCode: Record<string, ConnectionFault> = {
  ENOENT: "socketMissing",
  ECONNREFUSED: "refused",
  EACCES: "denied",
  EPERM: "denied",
  ENOTFOUND: "hostUnknown",
  EAI_AGAIN: "hostUnknown",
  EHOSTUNREACH: "noRoute",
  ENETUNREACH: "noRoute",
  ETIMEDOUT: "silent",
  SELF_SIGNED_CERT_IN_CHAIN: "tlsUntrusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tlsUntrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tlsUntrusted",
  UNABLE_TO_GET_ISSUER_CERT: "tlsUntrusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tlsUntrusted",
  CERT_SIGNATURE_FAILURE: "tlsUntrusted",
  CERT_HAS_EXPIRED: "tlsExpired",
  CERT_NOT_YET_VALID: "tlsNotYetValid",
  ERR_TLS_CERT_ALTNAME_INVALID: "tlsNameMismatch",
};

/** The fault behind an error of Node.js or an abort signal; undefined when it is none of these. */
export function connectionFaultOf(error: unknown): ConnectionFault | undefined {
  const { name, code, cause } = error as NodeJS.ErrnoException;
  if (name === "TimeoutError" || (cause as Error | undefined)?.name === "TimeoutError") return "silent";
  if (name === "AbortError") return "cancelled";
  // The peer's first bytes are not a TLS record.
  if (/^ERR_SSL_(WRONG_VERSION|PACKET_LENGTH|HTTP_REQUEST|BAD_)/.test(`${code}`)) return "tlsNotSpoken";
  return byCode[`${code}`];
}
