import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons why a host cannot start. */
export const serveReasons = {
  CORS_ORIGIN_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "an allowed origin is not scheme, host and port",
  },
  HOST_ALREADY_RUNNING: {
    codes: [Code.FailedPrecondition],
    meaning: "another host serves on this socket; metadata `socket`, `pid`",
    recovery: "use that host, end it, or choose another socket",
  },
  LISTEN_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning: "the address cannot be listened on; metadata `address`",
  },
  SOCKET_FOLDER_UNSAFE: {
    codes: [Code.FailedPrecondition],
    meaning: "other users could change the folder of the socket; metadata `folder`",
  },
  SOCKET_FOLDER_UNUSABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the folder of the socket cannot be created",
  },
  SOCKET_PATH_TOO_LONG: {
    codes: [Code.InvalidArgument],
    meaning: "the path of the socket is longer than the system allows",
    recovery: "use a shorter path",
  },
  STATE_IN_USE: {
    codes: [Code.FailedPrecondition],
    meaning: "another host uses the state folder",
    recovery: "end that host, or use another state folder",
  },
  TCP_WITHOUT_AUTHENTICATION: {
    codes: [Code.FailedPrecondition],
    meaning: "TCP without a token or client certificates",
  },
  TCP_WITHOUT_TLS: {
    codes: [Code.FailedPrecondition],
    meaning: "TCP without TLS on an address that is not the loopback",
  },
  TLS_FILE_UNREADABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "a TLS file cannot be read; metadata `file`",
  },
  TLS_FILE_UNUSABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "certificate and key cannot be used; metadata `certFile`, `keyFile`",
  },
  TOKEN_FILE_INVALID: {
    codes: [Code.FailedPrecondition],
    meaning: "the access file has an entry that cannot be understood; metadata `file`",
    recovery: "correct the entry, or change the file with `slipway tokens`",
  },
  TOKEN_FILE_UNREADABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the token file cannot be read; metadata `file`",
  },
  TOKEN_FILE_UNSAFE: {
    codes: [Code.FailedPrecondition],
    meaning: "other users can access the token file; metadata `file`",
  },
  TOKEN_UNUSABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the token is too short or has unprintable characters; metadata `file`",
  },
} satisfies ReasonTable;
