import { Code } from "slipway/driver";

/** Reasons that all drivers for Docker Engines share; docs/drivers.md is generated from it. */
export const reasons = {
  CANCELED: { codes: [Code.Canceled], meaning: "the call was cancelled" },
  CONTEXT_NOT_FOUND: {
    codes: [Code.InvalidArgument],
    meaning: "the Docker context does not exist",
    recovery: "`docker context ls` lists the contexts",
  },
  CONTEXT_UNREADABLE: {
    codes: [Code.InvalidArgument],
    meaning: "the Docker context cannot be read",
    recovery: "create it again",
  },
  DOCKER_CONFIG_UNREADABLE: {
    codes: [Code.InvalidArgument],
    meaning: "Docker's `config.json` cannot be read",
  },
  ENDPOINT_INVALID: { codes: [Code.InvalidArgument], meaning: "the endpoint cannot be parsed" },
  ENDPOINT_UNSUPPORTED: {
    codes: [Code.InvalidArgument],
    meaning: "the endpoint's scheme is not supported",
    recovery: "use `unix://`, `tcp://` or `ssh://`",
  },
  ENGINE_API_VERSION: {
    codes: [Code.FailedPrecondition],
    meaning: "the Engine does not speak the wanted API version",
    recovery: "unset `DOCKER_API_VERSION`, or update",
  },
  ENGINE_ERROR: { codes: [Code.Internal], meaning: "the Engine answers with another error status" },
  ENGINE_FORBIDS: {
    codes: [Code.Unauthenticated, Code.PermissionDenied],
    meaning: "the Engine, or a plugin of it, forbids the call",
  },
  ENGINE_FOREIGN: {
    codes: [Code.FailedPrecondition],
    meaning: "what answers is not a Docker Engine",
    recovery: "correct the endpoint",
  },
  ENGINE_HOST_UNKNOWN: { codes: [Code.Unavailable], meaning: "the host name does not resolve" },
  ENGINE_PERMISSION_DENIED: {
    codes: [Code.PermissionDenied],
    meaning: "the user may not open the socket",
    recovery: "add the user to the socket's group",
  },
  ENGINE_REFUSED: {
    codes: [Code.Unavailable],
    meaning: "nothing listens on the address",
    recovery: "start the Engine",
  },
  ENGINE_REFUSES: { codes: [Code.InvalidArgument], meaning: "the Engine refuses the request" },
  ENGINE_SOCKET_MISSING: {
    codes: [Code.Unavailable],
    meaning: "the socket does not exist",
    recovery: "start the Engine",
  },
  ENGINE_SSH_FAILED: {
    codes: [Code.Unavailable],
    meaning: "the Engine cannot be reached through SSH",
    recovery: "make `ssh HOST docker version` work without a password",
  },
  ENGINE_TIMEOUT: { codes: [Code.Unavailable], meaning: "no route, or no answer in time" },
  ENGINE_TLS_CLIENT_REFUSED: {
    codes: [Code.Unauthenticated],
    meaning: "the Engine refuses the client's certificate",
  },
  ENGINE_TLS_EXPIRED: {
    codes: [Code.Unavailable],
    meaning: "the Engine's certificate has expired or is not yet valid",
  },
  ENGINE_TLS_FILES_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the TLS files are not valid PEM or do not belong together",
  },
  ENGINE_TLS_NAME_MISMATCH: {
    codes: [Code.Unavailable],
    meaning: "the Engine's certificate is for another name",
  },
  ENGINE_TLS_NOT_SPOKEN: { codes: [Code.Unavailable], meaning: "the port does not speak TLS" },
  ENGINE_TLS_REQUIRED: { codes: [Code.Unavailable], meaning: "the port speaks only TLS" },
  ENGINE_TLS_UNTRUSTED: {
    codes: [Code.Unavailable],
    meaning: "an unknown authority signed the Engine's certificate",
  },
  ENGINE_TOO_OLD: { codes: [Code.FailedPrecondition], meaning: "the Engine's API is too old" },
  ENGINE_UNAVAILABLE: { codes: [Code.Unavailable], meaning: "the Engine answers 503" },
  ENGINE_UNREACHABLE: { codes: [Code.Unavailable], meaning: "the Engine broke the connection" },
  ENVIRONMENT_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "a variable names a relative path",
    recovery: "set it to an absolute path",
  },
  IMAGE_IN_USE: {
    codes: [Code.FailedPrecondition],
    meaning: "a container uses the image",
    recovery: "remove the container, or force the removal",
  },
  IMAGE_NAME_INVALID: { codes: [Code.InvalidArgument], meaning: "an image name cannot be used" },
  IMAGE_NOT_FOUND: { codes: [Code.NotFound], meaning: "the Engine has no such image" },
  TLS_FILES_UNREADABLE: {
    codes: [Code.InvalidArgument],
    meaning: "a TLS file cannot be read, or its counterpart is missing",
  },
};
