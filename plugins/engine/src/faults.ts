import { Code } from "slipway/driver";

/** Why an Engine cannot be talked to. */
export interface Fault {
  /** Stable reason. */
  reason: string;
  /** Continues "the Docker Engine at <endpoint> …". */
  what: string;
  /** What to do about it. */
  remedy: string;
  /** Default UNAVAILABLE. */
  code?: Code;
}

const unreachable: Fault = {
  reason: "ENGINE_TIMEOUT",
  what: "cannot be reached: no route, or no answer from the machine",
  remedy: "Check the address, the network and firewalls.",
};
const denied: Fault = {
  code: Code.PermissionDenied,
  reason: "ENGINE_PERMISSION_DENIED",
  what: "does not let this user in: permission denied",
  remedy:
    "Add the user to the group that owns the socket (usually docker) and log in again, or use a rootless Engine.",
};
const unknownHost: Fault = {
  reason: "ENGINE_HOST_UNKNOWN",
  what: "cannot be found: its host name does not resolve",
  remedy: "Correct the host name.",
};
const untrusted: Fault = {
  reason: "ENGINE_TLS_UNTRUSTED",
  what: "has a certificate of an unknown authority",
  remedy:
    "Check DOCKER_CERT_PATH or the Docker context: ca.pem must be of the authority that signed the certificate.",
};
const noTls: Fault = {
  reason: "ENGINE_TLS_NOT_SPOKEN",
  what: "does not speak TLS on this port",
  remedy: "Use the Engine's TLS port (usually 2376), or an endpoint without TLS.",
};
const start = "Start the Docker Engine, or select another one (DOCKER_HOST, `docker context use`).";
const renew = "Renew the Engine's certificate, and check the clocks of both machines.";

/** What the codes of Node's errors mean here. */
export const faultsByCode: Record<string, Fault> = {
  ENOENT: { reason: "ENGINE_SOCKET_MISSING", what: "has no socket: the file does not exist", remedy: start },
  ECONNREFUSED: {
    reason: "ENGINE_REFUSED",
    what: "refuses connections: nothing listens there",
    remedy: start,
  },
  EACCES: denied,
  EPERM: denied,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  CERT_HAS_EXPIRED: {
    reason: "ENGINE_TLS_EXPIRED",
    what: "has a certificate that has expired",
    remedy: renew,
  },
  CERT_NOT_YET_VALID: {
    reason: "ENGINE_TLS_EXPIRED",
    what: "has a certificate that is not yet valid",
    remedy: renew,
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    reason: "ENGINE_TLS_NAME_MISMATCH",
    what: "has a certificate for another name",
    remedy: "Use a name that is in the certificate, or give the Engine one with this name.",
  },
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
};

/** The Engine ended the TLS handshake; its alert says why. */
export const clientRefused: Fault = {
  code: Code.Unauthenticated,
  reason: "ENGINE_TLS_CLIENT_REFUSED",
  what: "refuses the client's certificate",
  remedy:
    "cert.pem and key.pem must be of a client certificate that the Engine's authority (--tlscacert) has signed.",
};

/** OpenSSL cannot use what it was given. */
export const badTlsFiles: Fault = {
  code: Code.InvalidArgument,
  reason: "ENGINE_TLS_FILES_INVALID",
  what: "cannot be talked to with these TLS files",
  remedy: "ca.pem, cert.pem and key.pem must be valid PEM, and the key must be that of the certificate.",
};

/** A plain connection to a TLS port. */
export const tlsRequired: Fault = {
  reason: "ENGINE_TLS_REQUIRED",
  what: "speaks only TLS on this port",
  remedy:
    "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use tcp://host:port?certPath=/folder/of/pem/files.",
};

/** The Engine takes connections and says nothing. */
export const silent: Fault = {
  reason: "ENGINE_TIMEOUT",
  what: "does not answer in time",
  remedy: "Check that it is not stuck, and that the network lets you through.",
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
  reason: "ENGINE_UNREACHABLE",
  what: "broke off the connection",
  remedy: "Look into the log of the Docker Engine.",
};
