import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons why a host cannot start. */
export const serveReasons = {
  CORS_ORIGIN_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "an allowed origin is not scheme, host and port",
  },
  DATABASE_URL_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the URL of the database is not one of PostgreSQL, or has a password in the command line",
    recovery: "write the password to the file `PGPASSFILE`, or the URL to `SLIPWAY_DATABASE_URL`",
  },
  DATABASE_VERSION_UNKNOWN: {
    codes: [Code.FailedPrecondition],
    meaning: "a newer version of Slipway has changed the database; metadata `database`, `version`",
    recovery: "start that version",
  },
  DATABASE_UNUSABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "PostgreSQL refuses the user or lacks the database; metadata `database`",
  },
  HOST_NAME_TAKEN: {
    codes: [Code.FailedPrecondition],
    meaning: "another host of the same database has the same name; metadata `name`",
    recovery: "choose another name; that of a host that was killed is free after 15 s",
  },
  HOST_ALREADY_RUNNING: {
    codes: [Code.FailedPrecondition],
    meaning: "another host serves on this socket; metadata `socket`, `pid`",
    recovery: "use that host, end it, or choose another socket",
  },
  LISTEN_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning: "the host cannot listen on the address; metadata `address`",
  },
  LOG_FILE_UNUSABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the log file cannot be created or opened; metadata `file`",
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
    meaning:
      "the path of the socket, or of a file that commands lock with sockets beside it, is longer than the system allows",
    recovery: "use a shorter path",
  },
  STATE_CORRUPT: {
    codes: [Code.DataLoss],
    meaning: "the database in the state folder is damaged; metadata `folder`",
    recovery: "restore the state folder from a backup",
  },
  STATE_FORMAT_UNKNOWN: {
    codes: [Code.FailedPrecondition],
    meaning: "another version of Slipway wrote the database in the state folder; metadata `folder`",
    recovery: "start that version, or move the database away",
  },
  STATE_FOLDER_UNUSABLE: {
    codes: [Code.FailedPrecondition],
    meaning:
      "the state folder cannot be created, other users can reach it, or its path is too long; metadata `folder`",
    recovery: "use a folder of the host's user with mode 0700",
  },
  STATE_IN_USE: {
    codes: [Code.FailedPrecondition],
    meaning: "another host uses the state folder; metadata `folder`, `pid`",
    recovery: "end that host, or use another state folder",
  },
  BUILDER_OPEN: {
    codes: [],
    meaning: "warning of `Diagnose`: every client on TCP with the role `builder` may use a builder",
    recovery: "limit it to principals or groups with `SetBuilderAccess`",
  },
  STATE_NOT_ENCRYPTED: {
    codes: [],
    meaning: "warning of `Diagnose`: secrets of builders are stored without encryption",
    recovery: "give the host a key file",
  },
  ISSUERS_FILE_INVALID: {
    codes: [Code.FailedPrecondition],
    meaning: "the issuers file has an entry that cannot be understood or is unsafe; metadata `file`",
    recovery: "correct the entry",
  },
  ISSUERS_FILE_UNREADABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the issuers file cannot be read; metadata `file`",
  },
  ISSUERS_FILE_UNSAFE: {
    codes: [Code.FailedPrecondition],
    meaning: "other users can access the issuers file; metadata `file`",
  },
  PROJECTS_FILE_INVALID: {
    codes: [Code.FailedPrecondition],
    meaning: "the projects file has an entry that cannot be understood; metadata `file`",
    recovery: "correct the entry",
  },
  PROJECTS_FILE_UNREADABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the projects file cannot be read; metadata `file`",
  },
  PROJECTS_FILE_UNSAFE: {
    codes: [Code.FailedPrecondition],
    meaning: "other users can access the projects file; metadata `file`",
  },
  ISSUERS_WITHOUT_KEY: {
    codes: [Code.FailedPrecondition],
    meaning: "a host with an issuers file has no key of its state, which signs tokens",
    recovery: "give the host a key file",
  },
  STATE_KEY_FILE_INVALID: {
    codes: [Code.FailedPrecondition],
    meaning: "the key file of the state has no key, or a line that is not a key; metadata `file`",
  },
  STATE_KEY_FILE_UNREADABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the key file of the state cannot be read; metadata `file`",
  },
  STATE_KEY_FILE_UNSAFE: {
    codes: [Code.FailedPrecondition],
    meaning: "other users can access the key file of the state; metadata `file`",
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
    meaning:
      "a TLS file has no usable certificate or key, or the key belongs to another certificate; metadata `file`",
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
