import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of calls that install and manage plugins. */
export const installReasons = {
  PLUGIN_CHECKSUM_MISMATCH: {
    codes: [Code.InvalidArgument],
    meaning: "the archive does not have the given SHA-256, or a file not the one in the manifest",
    recovery: "get the plugin again; nothing was installed",
  },
  PLUGIN_INSTALLED: {
    codes: [Code.AlreadyExists],
    meaning: "a plugin with this name is installed",
    recovery: "replace it, or remove it first",
  },
  PLUGIN_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the folder or archive is not a usable plugin",
    recovery: "correct it; nothing was installed",
  },
  PLUGIN_NOT_INSTALLED: {
    codes: [Code.FailedPrecondition],
    meaning: "the plugin was not installed with `InstallPlugin`, so it cannot be removed",
    recovery: "disable it, or delete its folder",
  },
  PLUGIN_SOURCE_UNREADABLE: {
    codes: [Code.InvalidArgument],
    meaning: "the folder or archive cannot be read or unpacked",
    recovery: "correct the path; nothing was installed",
  },
} satisfies ReasonTable;

/** Reasons of a plugin that cannot be started or used. */
export const pluginReasons = {
  DRIVER_CRASHED: {
    codes: [Code.Unavailable],
    meaning: "the process ended during a call or lease; metadata `plugin`, `exitCode` or `signal`",
    recovery: "retry: the host starts it again",
  },
  DRIVER_INCOMPLETE: {
    codes: [Code.Unimplemented],
    meaning:
      "UNIMPLEMENTED to a method that the driver advertises or must have; metadata `plugin`, `driver`, `method`, `capability`",
    recovery: "do not retry; report it to the author",
  },
  MESSAGE_TOO_LARGE: {
    codes: [Code.ResourceExhausted],
    meaning: "a message between host and plugin is over the limit; the plugin continues",
    recovery: "send a smaller message",
  },
  PLUGIN_BAD_HANDSHAKE: {
    codes: [Code.Unavailable],
    meaning: "the first line is not a handshake; the message shows the line",
    recovery: "print nothing before the handshake",
  },
  PLUGIN_CHECKSUM_MISMATCH: {
    codes: [Code.Unavailable],
    meaning: "the files differ from the manifest or from what was installed",
    recovery: "install it again",
  },
  PLUGIN_DRIVERS_MISMATCH: {
    codes: [Code.Unavailable],
    meaning: "its drivers differ from those in the manifest",
    recovery: "correct the manifest",
  },
  PLUGIN_EXITED: {
    codes: [Code.Unavailable],
    meaning: "the process ended before it answered `Handshake`; the message has exit code and last lines",
    recovery: "see the lines",
  },
  PLUGIN_HANDSHAKE_FAILED: {
    codes: [Code.Unavailable],
    meaning: "`Handshake` failed; the message has its error",
    recovery: "see that error",
  },
  PLUGIN_PROTOCOL_MISMATCH: {
    codes: [Code.Unavailable],
    meaning: "host and plugin have no protocol version in common",
    recovery: "use another version of host or plugin",
  },
  PLUGIN_QUARANTINED: {
    codes: [Code.Unavailable],
    meaning: "the plugin crashed too often",
    recovery: "repair it, then call `RestartPlugin`",
  },
  PLUGIN_START_FAILED: {
    codes: [Code.Unavailable],
    meaning:
      "the process could not be started or connected to, lacks TLS, or has another certificate than announced",
  },
  PLUGIN_START_TIMEOUT: {
    codes: [Code.Unavailable],
    meaning: "`Handshake` was not answered in time; the message names the step",
    recovery: "see the last lines",
  },
  PLUGIN_STOPPED: {
    codes: [Code.Unavailable],
    meaning: "the host ended the process for a restart or its own shutdown",
    recovery: "retry",
  },
  PLUGIN_UNHEALTHY: {
    codes: [Code.Unavailable],
    meaning: "the health service does not answer SERVING",
  },
  PLUGIN_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "no plugin has this name",
    recovery: "the message lists the plugins",
  },
  PLUGIN_UNUSABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the manifest cannot be used, or another plugin with the same name wins",
  },
} satisfies ReasonTable;
