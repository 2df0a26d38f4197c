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

/** Reasons of plugins that cannot be attached or detached. */
export const attachReasons = {
  PLUGIN_ADDRESS_REMOTE: {
    codes: [Code.FailedPrecondition],
    meaning: "the plugin's address is not on the host's machine",
    recovery: "connect to it with mutual TLS, by a manifest with its address",
  },
  PLUGIN_ATTACHED: {
    codes: [Code.AlreadyExists, Code.FailedPrecondition],
    meaning:
      "another attached plugin has the same name or driver, or the call needs a plugin that is not only attached; metadata `plugin`",
    recovery: "detach that plugin, or end its process",
  },
  PLUGIN_NOT_ATTACHED: {
    codes: [Code.NotFound],
    meaning: "no attached plugin has this name",
    recovery: "the message lists the attached plugins",
  },
  PLUGIN_PROCESS_GONE: {
    codes: [Code.FailedPrecondition],
    meaning: "the plugin's process has ended",
    recovery: "start it again and attach it with its new information",
  },
  PLUGIN_PROTOCOL_MISMATCH: {
    codes: [Code.FailedPrecondition],
    meaning: "the plugin speaks another version of the driver protocol",
    recovery: "use another version of host or plugin",
  },
  PLUGIN_SOCKET_MISSING: {
    codes: [Code.FailedPrecondition],
    meaning: "the plugin's socket does not exist",
    recovery: "start the plugin again and attach it with its new information",
  },
  PLUGIN_UNREACHABLE: {
    codes: [Code.Unavailable],
    meaning: "the plugin does not accept the connection, or does not speak gRPC without TLS",
    recovery: "see what it prints",
  },
  PLUGIN_UNTRUSTED: {
    codes: [Code.FailedPrecondition],
    meaning: "users other than the host's and root own or reach the plugin's socket",
    recovery: "see the message; use a folder with mode 0700",
  },
  REATTACH_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the reattach information is incomplete or cannot be right",
    recovery: "copy the whole line that the plugin printed",
  },
} satisfies ReasonTable;

/** Reasons of a plugin that cannot be started or used. */
export const pluginReasons = {
  DRIVER_CRASHED: {
    codes: [Code.Unavailable],
    meaning: "the process ended during a call; metadata `plugin`, `exit_code` or `signal`",
    recovery: "retry: the host starts it again, unless it was attached",
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
    codes: [Code.FailedPrecondition],
    meaning: "the first line is not a handshake; the message shows the line",
    recovery: "print nothing before the handshake",
  },
  PLUGIN_CHECKSUM_MISMATCH: {
    codes: [Code.FailedPrecondition],
    meaning: "the files differ from the manifest or from what was installed",
    recovery: "install it again",
  },
  PLUGIN_DISABLED: {
    codes: [],
    meaning: "state: the plugin was disabled",
    recovery: "call `SetPluginEnabled`",
  },
  PLUGIN_DRIVER_TAKEN: {
    codes: [],
    meaning: "state: another plugin provides some of its drivers",
  },
  PLUGIN_DRIVERS_MISMATCH: {
    codes: [Code.FailedPrecondition],
    meaning: "its drivers or the languages of its policies differ from those in the manifest",
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
    codes: [Code.FailedPrecondition],
    meaning: "host and plugin have no protocol version in common",
    recovery: "use another version of host or plugin",
  },
  PLUGIN_QUARANTINED: {
    codes: [Code.FailedPrecondition],
    meaning: "the plugin crashed too often",
    recovery: "repair it, then call `RestartPlugin`",
  },
  PLUGIN_SHADOWED: {
    codes: [],
    meaning: "state: another plugin with the same name or the same drivers wins",
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
