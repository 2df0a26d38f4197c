import { Code } from "slipway/driver";

/** Reasons of the remote driver; docs/drivers.md is generated from it. */
export const reasons = {
  BUILDKIT_COMMAND_FAILED: {
    codes: [Code.Unavailable],
    meaning: "ssh, docker, podman, nerdctl or kubectl failed; the message has its output",
    recovery: "make the command in the remedy work",
  },
  BUILDKIT_COMMAND_MISSING: {
    codes: [Code.FailedPrecondition],
    meaning: "that program is not installed on the host's machine",
  },
  BUILDKIT_HOST_UNKNOWN: { codes: [Code.Unavailable], meaning: "the host name does not resolve" },
  BUILDKIT_NOT_HTTP2: {
    codes: [Code.FailedPrecondition],
    meaning: "something other than BuildKit answers; the message has its first line",
    recovery: "correct the endpoint",
  },
  BUILDKIT_NO_ROUTE: { codes: [Code.Unavailable], meaning: "there is no route to the machine" },
  BUILDKIT_PERMISSION_DENIED: {
    codes: [Code.PermissionDenied],
    meaning: "the host's user may not open the socket",
    recovery: "add it to the socket's group",
  },
  BUILDKIT_REFUSED: {
    codes: [Code.Unavailable],
    meaning: "nothing listens on the address",
    recovery: "start buildkitd",
  },
  BUILDKIT_SOCKET_MISSING: {
    codes: [Code.Unavailable],
    meaning: "the socket does not exist",
    recovery: "start buildkitd",
  },
  BUILDKIT_TIMEOUT: {
    codes: [Code.Unavailable],
    meaning: "the daemon accepts the connection and does not answer within 4 s (15 s through a program)",
  },
  BUILDKIT_TLS_CLIENT_REFUSED: {
    codes: [Code.Unauthenticated],
    meaning: "the daemon refuses the client certificate",
    recovery: "give one that the daemon's authority signed",
  },
  BUILDKIT_TLS_CLIENT_REQUIRED: {
    codes: [Code.Unauthenticated],
    meaning: "the daemon wants a client certificate",
    recovery: "set `cert` and `key`",
  },
  BUILDKIT_TLS_EXPIRED: { codes: [Code.FailedPrecondition], meaning: "the daemon's certificate has expired" },
  BUILDKIT_TLS_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning: "the TLS handshake failed, for example without a common version",
  },
  BUILDKIT_TLS_NAME_MISMATCH: {
    codes: [Code.FailedPrecondition],
    meaning: "the daemon's certificate is for other names",
    recovery: "set `servername`",
  },
  BUILDKIT_TLS_NOT_SPOKEN: { codes: [Code.FailedPrecondition], meaning: "the port does not speak TLS" },
  BUILDKIT_TLS_NOT_YET_VALID: {
    codes: [Code.FailedPrecondition],
    meaning: "the daemon's certificate is not yet valid",
  },
  BUILDKIT_TLS_NO_HTTP2: {
    codes: [Code.FailedPrecondition],
    meaning: "TLS without HTTP/2 (ALPN), for example a proxy",
  },
  BUILDKIT_TLS_REQUIRED: {
    codes: [Code.FailedPrecondition],
    meaning: "the port speaks only TLS",
    recovery: "set the TLS options",
  },
  BUILDKIT_TLS_UNTRUSTED: {
    codes: [Code.FailedPrecondition],
    meaning: "an untrusted authority signed the certificate; the message has its names, issuer and dates",
    recovery: "set `cacert`",
  },
  BUILDKIT_UNREACHABLE: { codes: [Code.Unavailable], meaning: "the daemon broke the connection" },
  CANCELED: { codes: [Code.Canceled], meaning: "the call was cancelled" },
  ENVIRONMENT_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "a variable that the endpoint keeps has a relative path or a password",
    recovery: "set it to an absolute path, or use a key",
  },
  OPTION_CONFLICT: { codes: [Code.InvalidArgument], meaning: "a file and its text are both given" },
  OPTION_UNUSED: { codes: [], meaning: "warning: TLS options have no effect on this kind of endpoint" },
  TLS_FILES_INVALID: {
    codes: [Code.FailedPrecondition],
    meaning: "a file or text of a TLS option is not valid PEM, or key and certificate do not belong together",
  },
  TLS_FILES_UNREADABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "a file of a TLS option cannot be read",
  },
};
