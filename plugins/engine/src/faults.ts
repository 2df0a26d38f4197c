import { Code, type ConnectionFault, connectionFaults } from "slipway/driver";

/** Why an Engine cannot be used. */
export interface Fault {
  reason: string;
  /** A clause that continues "The Docker Engine at ENDPOINT …". */
  what: string;
  remedy: string;
  /** UNAVAILABLE by default. */
  code?: Code;
}

const start = "Start the Docker Engine, or select another one (DOCKER_HOST, `docker context use`).";
const renew = "Renew the Engine's certificate, and check the clocks of both machines.";

const byKind: Record<ConnectionFault, Omit<Fault, "what">> = {
  socketMissing: { reason: "ENGINE_SOCKET_MISSING", remedy: start },
  refused: { reason: "ENGINE_REFUSED", remedy: start },
  denied: {
    code: Code.PermissionDenied,
    reason: "ENGINE_PERMISSION_DENIED",
    remedy:
      "Add the user to the group that owns the socket (usually docker) and log in again, or use a rootless Engine.",
  },
  hostUnknown: { reason: "ENGINE_HOST_UNKNOWN", remedy: "Correct the host name." },
  noRoute: { reason: "ENGINE_TIMEOUT", remedy: "Check the address, the network and firewalls." },
  silent: {
    reason: "ENGINE_TIMEOUT",
    remedy: "Check the address, the network and firewalls, and that the Engine is not stuck.",
  },
  tlsUntrusted: {
    reason: "ENGINE_TLS_UNTRUSTED",
    remedy:
      "Check DOCKER_CERT_PATH or the Docker context: ca.pem must be the authority that signed the certificate.",
  },
  tlsExpired: { reason: "ENGINE_TLS_EXPIRED", remedy: renew },
  tlsNotYetValid: { reason: "ENGINE_TLS_EXPIRED", remedy: renew },
  tlsNameMismatch: {
    reason: "ENGINE_TLS_NAME_MISMATCH",
    remedy: "Use a name that is in the certificate, or give the Engine a certificate with this name.",
  },
  tlsNotSpoken: {
    reason: "ENGINE_TLS_NOT_SPOKEN",
    remedy: "Use the Engine's TLS port (usually 2376), or an endpoint without TLS.",
  },
  cancelled: { code: Code.Canceled, reason: "CANCELED", remedy: "" },
};

/** The fault of a kind that every connection can have. */
export function faultOf(kind: ConnectionFault): Fault {
  return { what: connectionFaults[kind], ...byKind[kind] };
}

/** The Engine ended the TLS handshake; its alert says why. */
export const clientRefused: Fault = {
  code: Code.Unauthenticated,
  reason: "ENGINE_TLS_CLIENT_REFUSED",
  what: "refuses the client's certificate",
  remedy:
    "Give a client certificate that the Engine's authority (dockerd --tlscacert) has signed, as cert.pem and key.pem.",
};

/** OpenSSL cannot use the given files. */
export const badTlsFiles: Fault = {
  code: Code.InvalidArgument,
  reason: "ENGINE_TLS_FILES_INVALID",
  what: "cannot be reached with these TLS files",
  remedy: "ca.pem, cert.pem and key.pem must be valid PEM, and the key must belong to the certificate.",
};

/** A plain connection to a TLS port. */
export const tlsRequired: Fault = {
  reason: "ENGINE_TLS_REQUIRED",
  what: "speaks only TLS on this port",
  remedy:
    "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use tcp://host:port?certPath=/folder/of/pem/files.",
};

/** Anything else. */
export const connectionBroken: Fault = {
  reason: "ENGINE_UNREACHABLE",
  what: "broke the connection",
  remedy: "Check the log of the Docker Engine.",
};
