import { Code, type ConnectionFault, connectionFaults } from "slipway/driver";

/** A reason why a BuildKit cannot be used. */
export interface Fault {
  reason: string;
  /** A clause that continues "The BuildKit at ENDPOINT …". */
  what: string;
  remedy: string;
  /** UNAVAILABLE by default: a retry may succeed. Faults with other codes need a fix. */
  code?: Code;
}

const start = "Start buildkitd, or correct the endpoint.";

const byKind: Record<ConnectionFault, Omit<Fault, "what">> = {
  socketMissing: { reason: "BUILDKIT_SOCKET_MISSING", remedy: start },
  refused: { reason: "BUILDKIT_REFUSED", remedy: start },
  denied: {
    code: Code.PermissionDenied,
    reason: "BUILDKIT_PERMISSION_DENIED",
    remedy:
      "Add the user of the Slipway host to the socket's group (buildkitd --group), or use a rootless buildkitd.",
  },
  hostUnknown: { reason: "BUILDKIT_HOST_UNKNOWN", remedy: "Correct the host name." },
  noRoute: { reason: "BUILDKIT_NO_ROUTE", remedy: "Check the address, the network and firewalls." },
  silent: {
    reason: "BUILDKIT_TIMEOUT",
    remedy: "Check the address, the network and firewalls, and that buildkitd is not stuck.",
  },
  tlsUntrusted: {
    code: Code.FailedPrecondition,
    reason: "BUILDKIT_TLS_UNTRUSTED",
    remedy: "Set the driver option cacert to a file with the certificate of the authority that signed it.",
  },
  tlsExpired: {
    code: Code.FailedPrecondition,
    reason: "BUILDKIT_TLS_EXPIRED",
    remedy: "Renew the certificate of buildkitd, and check the clocks of both machines.",
  },
  tlsNotYetValid: {
    code: Code.FailedPrecondition,
    reason: "BUILDKIT_TLS_NOT_YET_VALID",
    remedy: "Wait until it is valid, and check the clocks of both machines.",
  },
  tlsNameMismatch: {
    code: Code.FailedPrecondition,
    reason: "BUILDKIT_TLS_NAME_MISMATCH",
    remedy: "Use a name that is in it, as the endpoint's host or in the driver option servername.",
  },
  tlsNotSpoken: {
    code: Code.FailedPrecondition,
    reason: "BUILDKIT_TLS_NOT_SPOKEN",
    remedy: "Start buildkitd with --tlscert and --tlskey, or use tcp:// without TLS options.",
  },
  cancelled: { code: Code.Canceled, reason: "CANCELED", remedy: "" },
};

/** The fault of a kind of connection failure. */
export function faultOf(kind: ConnectionFault): Fault {
  return { what: connectionFaults[kind], ...byKind[kind] };
}

/** A plain connection to a TLS port. */
export const tlsRequired: Fault = {
  code: Code.FailedPrecondition,
  reason: "BUILDKIT_TLS_REQUIRED",
  what: "speaks only TLS on this port",
  remedy: "Use https://, or set the driver option cacert, and cert and key if it requires them.",
};

/** The server requires a client certificate, and none was given. */
export const clientRequired: Fault = {
  code: Code.Unauthenticated,
  reason: "BUILDKIT_TLS_CLIENT_REQUIRED",
  what: "requires a client certificate",
  remedy: "Set the driver options cert and key to the absolute paths of a client certificate and its key.",
};

/** The server does not accept the given certificate. */
export const clientRefused: Fault = {
  code: Code.Unauthenticated,
  reason: "BUILDKIT_TLS_CLIENT_REFUSED",
  what: "refuses the client's certificate",
  remedy:
    "Set the driver option cert to a client certificate that the daemon's authority (buildkitd --tlscacert) has signed.",
};

/** The certificate was valid once. */
export const clientExpired: Fault = {
  ...clientRefused,
  remedy: "Renew the certificate in the driver option cert, or set the option to one that is valid.",
};

/** The server's certificate is of another authority than the one that was given. */
export const authorityWrong: Fault = {
  ...faultOf("tlsUntrusted"),
  remedy:
    "The file in the driver option cacert is of another authority: set it to the one that signed this certificate.",
};

/** The server speaks TLS, but not HTTP/2. */
export const noAlpn: Fault = {
  code: Code.FailedPrecondition,
  reason: "BUILDKIT_TLS_NO_HTTP2",
  what: "does not offer HTTP/2 in its TLS handshake (ALPN h2)",
  remedy: "Configure the proxy in front of buildkitd to speak HTTP/2 (gRPC), or to pass TCP through.",
};

/** The handshake fails for another reason, such as no common TLS version or cipher. */
export const tlsFailed: Fault = {
  code: Code.FailedPrecondition,
  reason: "BUILDKIT_TLS_FAILED",
  what: "ends the TLS handshake",
  remedy: "Check the TLS settings of both sides.",
};

/** Another program answers. */
export const notHttp2: Fault = {
  code: Code.FailedPrecondition,
  reason: "BUILDKIT_NOT_HTTP2",
  what: "does not answer with HTTP/2",
  remedy: "Correct the endpoint: another program than buildkitd listens there.",
};

/** Any other failure. */
export const connectionBroken: Fault = {
  reason: "BUILDKIT_UNREACHABLE",
  what: "broke the connection",
  remedy: "Check the log of buildkitd.",
};
