import { Code } from "slipway/driver";

/** Why a BuildKit cannot be talked to. */
export interface Fault {
  /** Stable reason. */
  reason: string;
  /** Continues "the BuildKit at <endpoint> …". */
  what: string;
  /** What to do about it. */
  remedy: string;
  /** Default UNAVAILABLE: it may work later. The others stay until somebody does something. */
  code?: Code;
}

const start = "Start buildkitd, or correct the endpoint.";
const denied: Fault = {
  code: Code.PermissionDenied,
  reason: "BUILDKIT_PERMISSION_DENIED",
  what: "does not let the user of the Slipway host in: permission denied",
  remedy:
    "Add that user to the group of the socket (buildkitd --group), or use a rootless buildkitd of its own.",
};
const unknownHost: Fault = {
  reason: "BUILDKIT_HOST_UNKNOWN",
  what: "cannot be found: its host name does not resolve",
  remedy: "Correct the host name.",
};
const unreachable: Fault = {
  reason: "BUILDKIT_NO_ROUTE",
  what: "cannot be reached: there is no route to the machine",
  remedy: "Check the address, the network and firewalls.",
};
const untrusted: Fault = {
  code: Code.FailedPrecondition,
  reason: "BUILDKIT_TLS_UNTRUSTED",
  what: "has a certificate of an authority that is not trusted",
  remedy: "Give the certificate of the authority that signed it with --driver-opt cacert=/absolute/path.",
};
const clocks = "and check the clocks of both machines.";

/** What the codes of Node's errors mean here. */
export const faultsByCode: Record<string, Fault> = {
  ENOENT: {
    reason: "BUILDKIT_SOCKET_MISSING",
    what: "has no socket: the file does not exist",
    remedy: start,
  },
  ECONNREFUSED: {
    reason: "BUILDKIT_REFUSED",
    what: "refuses connections: nothing listens there",
    remedy: start,
  },
  EACCES: denied,
  EPERM: denied,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  CERT_HAS_EXPIRED: {
    code: Code.FailedPrecondition,
    reason: "BUILDKIT_TLS_EXPIRED",
    what: "has a certificate that has expired",
    remedy: `Renew the certificate of buildkitd, ${clocks}`,
  },
  CERT_NOT_YET_VALID: {
    code: Code.FailedPrecondition,
    reason: "BUILDKIT_TLS_NOT_YET_VALID",
    what: "has a certificate that is not valid yet",
    remedy: `Wait until it is, ${clocks}`,
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: Code.FailedPrecondition,
    reason: "BUILDKIT_TLS_NAME_MISMATCH",
    what: "has a certificate for other names",
    remedy: "Use a name that is in it as the endpoint's host or with --driver-opt servername=NAME.",
  },
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
};

/** A TLS connection to what speaks none. */
export const noTls: Fault = {
  code: Code.FailedPrecondition,
  reason: "BUILDKIT_TLS_NOT_SPOKEN",
  what: "does not speak TLS on this port",
  remedy: "Start buildkitd with --tlscert and --tlskey, or use tcp:// without TLS options.",
};

/** A plain connection to what speaks TLS. */
export const tlsRequired: Fault = {
  code: Code.FailedPrecondition,
  reason: "BUILDKIT_TLS_REQUIRED",
  what: "speaks only TLS on this port",
  remedy: "Use https://, or give --driver-opt cacert=/absolute/path, and cert and key if it asks for them.",
};

/** The server asks for a certificate, and none was given. */
export const clientRequired: Fault = {
  code: Code.Unauthenticated,
  reason: "BUILDKIT_TLS_CLIENT_REQUIRED",
  what: "asks for a client certificate",
  remedy: "Give it with --driver-opt cert=/absolute/path and key=/absolute/path.",
};

/** The server does not take the certificate that was given. */
export const clientRefused: Fault = {
  code: Code.Unauthenticated,
  reason: "BUILDKIT_TLS_CLIENT_REFUSED",
  what: "refuses the client's certificate",
  remedy: "cert must be a client certificate that the daemon's authority (buildkitd --tlscacert) has signed.",
};

/** The server takes part in TLS, but not for HTTP/2. */
export const noAlpn: Fault = {
  code: Code.FailedPrecondition,
  reason: "BUILDKIT_TLS_NO_HTTP2",
  what: "does not offer HTTP/2 in its TLS handshake (ALPN h2)",
  remedy: "Let the proxy before buildkitd speak HTTP/2 (gRPC), or pass TCP through.",
};

/** Both sides know no common version or cipher, or the like. */
export const tlsFailed: Fault = {
  code: Code.FailedPrecondition,
  reason: "BUILDKIT_TLS_FAILED",
  what: "ends the TLS handshake",
  remedy: "Check the TLS settings of both sides.",
};

/** Something else than BuildKit answers. */
export const notHttp2: Fault = {
  code: Code.FailedPrecondition,
  reason: "BUILDKIT_NOT_HTTP2",
  what: "does not answer with HTTP/2",
  remedy: "Correct the endpoint: something else than a buildkitd listens there.",
};

/** The other side is silent. */
export const silent: Fault = {
  reason: "BUILDKIT_TIMEOUT",
  what: "does not answer in time",
  remedy: "Check that it is not stuck, the address, the network and firewalls.",
};

/** The caller has gone. */
export const cancelled: Fault = {
  code: Code.Canceled,
  reason: "CANCELLED",
  what: "was not waited for: the call was cancelled",
  remedy: "",
};

/** Anything else. */
export const brokeOff: Fault = {
  reason: "BUILDKIT_UNREACHABLE",
  what: "broke off the connection",
  remedy: "Look into the log of buildkitd.",
};
