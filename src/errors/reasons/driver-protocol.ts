import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of errors that the protocol names and the driver SDK raises, in the drivers' domain. */
export const protocolReasons = {
  BUILD_INCOMPLETE: {
    codes: [Code.InvalidArgument],
    meaning: "the requests of `Build` are out of order or end early",
  },
  CAPABILITY_MISSING: {
    codes: [Code.Unimplemented],
    meaning: "the driver does not advertise the capability; metadata `capability`",
  },
  CAPABILITY_REQUIRED: {
    codes: [Code.FailedPrecondition],
    meaning: "the host lacks a capability that the plugin requires; metadata `capability`",
    recovery: "update the host",
  },
  CONFIG_MISSING: { codes: [Code.InvalidArgument], meaning: "the request has no `config`" },
  CONFIG_VERSION_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "`from_version` of `UpgradeConfig` is not an earlier version of the driver's configuration",
  },
  CONNECTION_LOST: {
    codes: [Code.Unavailable],
    meaning: "the connection behind a `Tunnel`, or one that carries an image archive, broke",
    recovery: "retry",
  },
  DRIVER_FAULT: { codes: [Code.Internal], meaning: "a bug in the driver", recovery: "report it" },
  DRIVER_UNKNOWN: { codes: [Code.NotFound], meaning: "the plugin has no driver with this name" },
  LEASE_EXISTS: {
    codes: [Code.AlreadyExists],
    meaning: "a lease has the same `lease_id`",
    recovery: "make a new UUID for each lease",
  },
  LEASE_ID_INVALID: { codes: [Code.InvalidArgument], meaning: "`context.lease_id` is not a UUID" },
  LEASE_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "the driver of a `Tunnel` has no lease with this id, or it has ended",
    recovery: "acquire again",
  },
  PAGE_SIZE_INVALID: { codes: [Code.InvalidArgument], meaning: "`page_size` is negative" },
  PAGE_TOKEN_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "`page_token` is not of this list, or another field of the request has changed",
  },
  PLUGIN_STOPPING: {
    codes: [Code.Unavailable],
    meaning: "the plugin is shutting down, which ends its leases",
    recovery: "acquire again",
  },
  SOCKET_PATH_TOO_LONG: {
    codes: [Code.FailedPrecondition],
    meaning: "the path of a unix socket is longer than the system allows",
    recovery: "use a shorter folder for the host's sockets",
  },
  SPEC_MISSING: { codes: [Code.InvalidArgument], meaning: "`Build` or `CheckBuild` has no specification" },
  START_MISSING: { codes: [Code.InvalidArgument], meaning: "the first request of `Tunnel` has no `start`" },
  STORE_MISSING: { codes: [Code.InvalidArgument], meaning: "the request names no image store" },
  TRANSFER_INCOMPLETE: {
    codes: [Code.InvalidArgument],
    meaning: "the requests of `LoadImage` or `SaveImage` are out of order or end early",
  },
} satisfies ReasonTable;

/** Reasons of the diagnostics in `Validate`'s answer that the protocol names and the SDK raises. */
export const diagnosticReasons = {
  DAEMON_CONFIG_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the BuildKit configuration does not parse; the message has line and column",
  },
  DAEMON_CONFIG_UNSUPPORTED: {
    codes: [Code.InvalidArgument],
    meaning: "the driver does not use configuration files",
  },
  DAEMON_FILE_ELSEWHERE: {
    codes: [],
    meaning: "warning: the configuration names a file that must be in the daemon's image",
  },
  DAEMON_FILE_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "the configuration names a file that was not sent along",
  },
  DAEMON_FILE_PATH_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the path of a file is absolute or leaves the daemon's folder",
  },
  DAEMON_FLAGS_UNSUPPORTED: {
    codes: [Code.InvalidArgument],
    meaning: "the driver starts no daemon that takes flags",
  },
  ENDPOINT_FORBIDDEN: { codes: [Code.InvalidArgument], meaning: "the driver takes no endpoint" },
  ENDPOINT_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the endpoint cannot be parsed or has an unsupported scheme",
  },
  ENDPOINT_REQUIRED: { codes: [Code.InvalidArgument], meaning: "the driver needs an endpoint" },
  OPTION_DEPRECATED: { codes: [], meaning: "warning: the option is deprecated" },
  OPTION_INVALID: {
    codes: [Code.InvalidArgument],
    meaning:
      "the value of an option cannot be used, whatever the other options are; an option that needs or excludes another one is refused with a reason of the driver's own",
  },
  OPTION_REQUIRED: { codes: [Code.InvalidArgument], meaning: "a required option is missing" },
  OPTION_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "the driver has no such option; the remedy has the nearest name",
  },
} satisfies ReasonTable;
