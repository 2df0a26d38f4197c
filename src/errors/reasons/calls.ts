import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons that any call to the host can end with. */
export const callReasons = {
  ACCESS_CHANGED: {
    codes: [Code.Aborted],
    meaning:
      "the caller lost a role, a project or a group while the call was open, so that the call could reach too much",
    recovery: "call again; the new rights apply",
  },
  ANSWER_MALFORMED: {
    codes: [Code.DataLoss],
    meaning: "a BuildKit or an engine sent a document that is not what it must be",
    recovery: "check the version of the BuildKit or engine",
  },
  ANSWER_TOO_LARGE: {
    codes: [Code.ResourceExhausted],
    meaning: "a BuildKit, an engine or a plugin sends more than the host takes into memory; metadata `limit`",
  },
  CAPABILITY_REQUIRED: {
    codes: [Code.FailedPrecondition],
    meaning: "the host lacks capabilities that the client requires; metadata `capabilities`, with commas",
    recovery: "update the host",
  },
  CHECK_TIMEOUT: {
    codes: [],
    meaning: "result of `Diagnose`: a check did not end in time",
    recovery: "try again",
  },
  CONTENT_TYPE_UNSUPPORTED: {
    codes: [Code.InvalidArgument],
    meaning:
      "the content type is of no protocol of the host, or not for this kind of method; HTTP status 415",
    recovery: "use a content type of Connect, gRPC or gRPC-Web",
  },
  FORWARDED_CALL_WRONG: {
    codes: [Code.Unauthenticated],
    meaning: "a call with the header `slipway-forwarded` that no host with the same state key has signed",
    recovery: "send no such header; give all hosts of a database the same state key",
  },
  HOST_STOPPING: {
    codes: [Code.Unavailable],
    meaning: "the host is shutting down",
    recovery: "retry; watch accepted builds again by their id",
  },
  HTTP_METHOD_REFUSED: {
    codes: [Code.Unimplemented],
    meaning:
      "a method with side effects, or a stream, was called with GET, or with another HTTP method; status 405",
    recovery: "use POST",
  },
  HTTP_VERSION_UNSUPPORTED: {
    codes: [Code.Unimplemented],
    meaning: "a bidirectional stream over HTTP/1.1; HTTP status 505",
    recovery: "use HTTP/2",
  },
  INTERNAL: {
    codes: [Code.Internal],
    meaning: "a bug in the host; the metadata `incident` is in its log",
    recovery: "report it",
  },
  LOCAL_ONLY: {
    codes: [Code.PermissionDenied],
    meaning:
      "a client that is not on the unix socket used a path or a call that needs the unix socket, or the endpoint that it gave a builder leads to the host's machine",
    recovery: "upload the files and stream the outputs",
  },
  MESSAGE_MALFORMED: {
    codes: [Code.InvalidArgument],
    meaning: "the request cannot be decoded",
    recovery: "compare it with the method's message in `proto/`",
  },
  MESSAGE_TOO_LARGE: {
    codes: [Code.ResourceExhausted],
    meaning:
      "a message is larger than the host accepts, or has more elements of lists and maps; metadata `limit_bytes` or `limit_elements`",
    recovery:
      "send large content in chunks, see the limits in `Negotiate`, and long lists in several requests",
  },
  NEGOTIATION_OUTDATED: {
    codes: [Code.FailedPrecondition],
    meaning: "`If-Match` has the etag of an answer to `Negotiate` that does not hold any more",
    recovery: "call `Negotiate`, and repeat the request with its new etag",
  },
  PAGE_SIZE_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "`page_size` is negative",
    recovery: "use 0 for the default",
  },
  PAGE_TOKEN_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "`page_token` is not of this list, or another field of the request has changed",
    recovery: "send the same request with `next_page_token`, or begin without a token",
  },
  QUOTA_EXCEEDED: {
    codes: [Code.ResourceExhausted],
    meaning:
      "a [limit](security.md#limits) of the host is reached; metadata `quota` (its name), `limit`, `used` (by the caller), `requested`; `google.rpc.RetryInfo` where the time is known",
    recovery: "the remedy says when there is room",
  },
  METHOD_UNKNOWN: {
    codes: [Code.Unimplemented],
    meaning: "the host has no such service or method; HTTP status 404",
    recovery: "update the host if it is older",
  },
  CLIENT_OUTDATED: {
    codes: [Code.Unimplemented],
    meaning: "the client speaks the protocol from before its packages were split; HTTP status 404",
    recovery: "use a client of the host's version",
  },
  REMOTE_ADMIN_OFF: {
    codes: [Code.PermissionDenied],
    meaning: "the host does not allow changes of builders and plugins over TCP",
    recovery: "call over the unix socket, or start the host with `--allow-remote-admin`",
  },
  ANSWER_NOT_READ: {
    codes: [Code.Aborted],
    meaning:
      "the client took nothing of an answer for ten minutes: a prune, the log or an attachment of a record of the history, or the output of a process in a held build",
    recovery: "call again, and read the answer to its end",
  },
  REQUEST_SILENT: {
    codes: [Code.DeadlineExceeded],
    meaning: "the client began a request, or an upload with `UploadTar`, and sent nothing for ten minutes",
    recovery: "call again",
  },
  REQUEST_ID_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "`request_id` is not a UUID, or the method takes none",
    recovery: "generate a random UUID",
  },
  REQUEST_ID_REUSED: {
    codes: [Code.InvalidArgument],
    meaning: "an earlier request with this `request_id` had another content",
    recovery: "generate a new UUID for each new request",
  },
  ROLE_MISSING: {
    codes: [Code.PermissionDenied],
    meaning: "the caller is known and has no role on this host",
    recovery: "ask the operator for a role",
  },
  ROLE_REQUIRED: {
    codes: [Code.PermissionDenied],
    meaning:
      "the call needs a higher role, on the host or in a project; metadata `required`, `role`, `project`",
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
  CERTIFICATE_EXPIRED: {
    codes: [Code.Unauthenticated],
    meaning: "the client certificate has expired since the connection was opened",
    recovery: "connect with a current certificate",
  },
  CERTIFICATE_UNTRUSTED: {
    codes: [Code.Unauthenticated],
    meaning: "the host's client CA was replaced since the connection was opened",
    recovery: "connect with a certificate of the current CA",
  },
  IDENTITY_UNBOUND: {
    codes: [Code.PermissionDenied, Code.Unauthenticated],
    meaning:
      "no rule of the issuers file binds the ID token to a role; UNAUTHENTICATED for a token of the host whose rule is gone or does not match any more",
    recovery: "ask the operator for a rule that matches the token's claims",
  },
  ID_TOKEN_ALGORITHM_REFUSED: {
    codes: [Code.Unauthenticated],
    meaning: "an ID token that is not signed with RS256, ES256 or EdDSA",
  },
  ID_TOKEN_AUDIENCE_WRONG: {
    codes: [Code.Unauthenticated],
    meaning: "an ID token for another audience",
    recovery: "ask the issuer for a token with the audience that the operator configured",
  },
  ID_TOKEN_CLAIMS_TOO_LARGE: {
    codes: [Code.ResourceExhausted],
    meaning: "the claims that the rule names make a token of more than 8 KiB",
    recovery: "name other claims in the rule",
  },
  ID_TOKEN_EXPIRED: {
    codes: [Code.Unauthenticated],
    meaning: "an ID token that has expired; a minute of difference between clocks is allowed",
    recovery: "get a new one",
  },
  ID_TOKEN_INVALID: {
    codes: [Code.Unauthenticated],
    meaning: "an ID token that is malformed, has a wrong signature, or lacks a claim",
  },
  ID_TOKEN_ISSUER_UNKNOWN: {
    codes: [Code.Unauthenticated],
    meaning: "an ID token of an issuer that is not in the issuers file",
  },
  ID_TOKEN_KEY_UNKNOWN: {
    codes: [Code.Unauthenticated],
    meaning: "the issuer has no key with the id that the ID token names",
    recovery: "for a new key, try again within a minute",
  },
  ID_TOKEN_TOO_EARLY: {
    codes: [Code.Unauthenticated],
    meaning: "an ID token that is not valid yet",
    recovery: "check the clocks of the host and of the issuer",
  },
  ISSUERS_ABSENT: {
    codes: [Code.FailedPrecondition],
    meaning: "`ExchangeToken` on a host without an issuers file",
    recovery: "ask the operator for a token",
  },
  ISSUER_UNAVAILABLE: {
    codes: [Code.Unavailable],
    meaning: "the keys of an issuer cannot be fetched or used; metadata `issuer`",
    recovery: "try again later",
  },
  LOGIN_ABSENT: {
    codes: [Code.FailedPrecondition],
    meaning: "`GetLogin` on a host whose issuers file has no login",
    recovery: "ask the operator for a token",
  },
  SUBJECT_TOKEN_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "`ExchangeToken` without a token",
  },
  TOKEN_FOR_ONE_BUILD: {
    codes: [Code.PermissionDenied],
    meaning: "a call that a token for one build does not allow",
    recovery: "call with a token that is not limited to a build",
  },
  TOKEN_TYPE_UNSUPPORTED: {
    codes: [Code.InvalidArgument],
    meaning: "a token is not of a type that `ExchangeToken` takes, or `build` does not go with it",
    recovery: "send an ID token without `build`, or a token of the host with it",
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
