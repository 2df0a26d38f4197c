import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons that any call to the host can end with. */
export const callReasons = {
  CAPABILITY_REQUIRED: {
    codes: [Code.FailedPrecondition],
    meaning: "the host lacks a capability that the client requires",
    recovery: "update the host",
  },
  HOST_STOPPING: {
    codes: [Code.Unavailable],
    meaning: "the host is shutting down",
    recovery: "retry; watch accepted builds again by their id",
  },
  INTERNAL: {
    codes: [Code.Internal],
    meaning: "a bug in the host; the metadata `incident` is in its log",
    recovery: "report it",
  },
  LOCAL_ONLY: {
    codes: [Code.PermissionDenied],
    meaning: "a client that is not on the unix socket used a path or a call that needs the unix socket",
    recovery: "upload the files and stream the outputs",
  },
  MESSAGE_MALFORMED: {
    codes: [Code.InvalidArgument],
    meaning: "the request cannot be decoded",
    recovery: "compare it with the method's message in `proto/`",
  },
  MESSAGE_TOO_LARGE: {
    codes: [Code.ResourceExhausted],
    meaning: "a message is larger than the host accepts; metadata `limit_bytes`",
    recovery: "send large content in chunks, see the limits in `Negotiate`",
  },
  REMOTE_ADMIN_OFF: {
    codes: [Code.PermissionDenied],
    meaning: "the host does not allow changes of builders and plugins over TCP",
    recovery: "call over the unix socket, or start the host with `--allow-remote-admin`",
  },
  ROLE_MISSING: {
    codes: [Code.PermissionDenied],
    meaning: "the caller is known and has no role on this host",
    recovery: "ask the operator for a role",
  },
  ROLE_REQUIRED: {
    codes: [Code.PermissionDenied],
    meaning: "the call needs a higher role; metadata `required`, `role`",
    recovery: "call with a token or certificate that has the role",
  },
  ORIGIN_REFUSED: {
    codes: [Code.PermissionDenied],
    meaning: "a web page whose origin the host does not allow; metadata `origin`",
    recovery: "start the host with `--cors-origin` if you trust the page",
  },
  STATE_NOT_STORED: {
    codes: [Code.ResourceExhausted],
    meaning: "the host cannot write its state, for example because its disk is full; nothing was changed",
    recovery: "free space on the host's disk",
  },
  PATH_NOT_ABSOLUTE: {
    codes: [Code.InvalidArgument],
    meaning: "a path is relative; the host does not know the client's working directory",
    recovery: "send the absolute path",
  },
  SERVICE_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "a health check names a service that the host does not serve",
  },
  TOKEN_MISSING: {
    codes: [Code.Unauthenticated],
    meaning: "a call on TCP without a token",
    recovery: "send the host's token as bearer token",
  },
  TOKEN_EXPIRED: {
    codes: [Code.Unauthenticated],
    meaning: "a call on TCP with a token that has expired",
    recovery: "ask the operator for a new token",
  },
  TOKEN_WRONG: {
    codes: [Code.Unauthenticated],
    meaning: "a call on TCP with a wrong token",
    recovery: "send the host's token",
  },
} satisfies ReasonTable;
