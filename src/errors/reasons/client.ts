import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons that the TypeScript client raises itself; those of a host reach it unchanged. */
export const clientReasons = {
  CLIENT_FILE_UNREADABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the token file or a certificate for the connection cannot be read; metadata `file`",
  },
  CONTEXT_CHANGED: {
    codes: [Code.Aborted],
    meaning: "a file changed while it was uploaded; metadata `path`",
    recovery: "build again",
  },
  CONTEXT_ENTRY_UNSUPPORTED: {
    codes: [Code.InvalidArgument],
    meaning: "the context has a device or a pipe; metadata `path`",
    recovery: "list it in `.dockerignore`",
  },
  CONTEXT_NOT_FOUND: { codes: [Code.NotFound], meaning: "the folder to upload does not exist" },
  CONTEXT_UNREADABLE: { codes: [Code.InvalidArgument], meaning: "the folder to upload cannot be read" },
  DOCKERIGNORE_INVALID: { codes: [Code.InvalidArgument], meaning: "the ignore file has an invalid pattern" },
  DOCKERIGNORE_TOO_LARGE: {
    codes: [Code.ResourceExhausted],
    meaning: "the ignore file has more than 4 MiB or 50 000 patterns, or a pattern that is too long",
    recovery: "replace single names by patterns, such as those of their folders",
  },
  HOST_ADDRESS_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the host's address cannot be parsed, or would send the token in clear text over the network",
    recovery: "use `unix:///path`, `http://127.0.0.1:port` or `https://host:port`",
  },
  HOST_CERTIFICATE_REFUSED: {
    codes: [Code.Unavailable],
    meaning: "the TLS connection to the host failed",
    recovery: "put the certificates into `SLIPWAY_CERT_PATH`",
  },
  HOST_CONNECTION_LOST: {
    codes: [Code.Unavailable],
    meaning: "the connection broke during a call",
    recovery: "retry; watch accepted builds again by their id",
  },
  HOST_LACKS_CALL: {
    codes: [Code.Unimplemented],
    meaning: "the host is older than the client and lacks the method; metadata `method`",
    recovery: "update the host",
  },
  HOST_NOT_INSTALLED: {
    codes: [Code.Unavailable],
    meaning: "no host listens on the address, and there is no program to start one",
    recovery: "install the host, or set `SLIPWAY` to the path of its program",
  },
  HOST_NOT_PERMITTED: {
    codes: [Code.PermissionDenied],
    meaning: "the socket belongs to another user",
    recovery: "use a host of this user",
  },
  HOST_NOT_RUNNING: {
    codes: [Code.Unavailable],
    meaning: "no host listens on the address",
    recovery: "start one",
  },
  PAGE_LINK_USED: {
    codes: [Code.Unauthenticated],
    meaning:
      "a tab of the web page without a session: its link works once, and another use of it ends the session",
    recovery: "run `slipway ui` again",
  },
  HOST_START_FAILED: {
    codes: [Code.Unavailable],
    meaning: "the client could not start a host; the message has the last lines of its output",
  },
  HOST_UNREACHABLE: {
    codes: [Code.Unavailable],
    meaning: "the host's machine cannot be reached",
    recovery: "check address and network",
  },
  TOKEN_SOURCE_FAILED: {
    codes: [Code.Unauthenticated],
    meaning: "the function that gives the tokens of calls failed; the message says why",
  },
} satisfies ReasonTable;
