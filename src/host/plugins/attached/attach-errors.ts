import { Code, type ConnectError } from "@connectrpc/connect";
import { invalidField, typedError } from "../../../errors/typed-error.js";
import { protocolVersions } from "../../../plugin-protocol/process-contract.js";
import { withPeriod } from "../../../util/with-period.js";
import type { StartError } from "../plugin-errors.js";

/** INVALID_ARGUMENT: a field of the reattach information cannot be right. */
export function reattachInvalid(field: string, message: string): ConnectError {
  const remedy = "Copy the whole line that the plugin printed.";
  return invalidField(field, "REATTACH_INVALID", message, remedy);
}

/** FAILED_PRECONDITION: the plugin speaks another version of the driver protocol. */
export function versionUnknown(version: number): ConnectError {
  const known = protocolVersions.join(", ");
  const message = `The plugin speaks version ${version} of the driver protocol; this host speaks ${known}.`;
  return refused("PLUGIN_PROTOCOL_MISMATCH", "protocol_version", {
    message,
    remedy: "Use another version of host or plugin.",
  });
}

/** FAILED_PRECONDITION: there is no such process. */
export function processGone(pid: number): ConnectError {
  return refused("PLUGIN_PROCESS_GONE", "pid", {
    message: `There is no process ${pid}.`,
    remedy: "Start the plugin again, and attach it with the line that it prints then.",
  });
}

/** FAILED_PRECONDITION: there is no socket at the path. */
export function socketMissing(path: string): ConnectError {
  return refused("PLUGIN_SOCKET_MISSING", "address", {
    message: `There is no socket ${path}.`,
    remedy: "Start the plugin again, and attach it with the line that it prints then.",
  });
}

/** FAILED_PRECONDITION: another user may be behind the socket. */
export function untrusted(why: string): ConnectError {
  return refused("PLUGIN_UNTRUSTED", "address", {
    message: withPeriod(`The host does not trust the plugin's socket: ${why}`),
    remedy:
      "The socket (mode 0600) and its folder (0700) must belong to the host's user or root, and nobody else may be able to replace the folder.",
  });
}

/** FAILED_PRECONDITION: the address is on another machine. */
export function addressRemote(address: string): ConnectError {
  return refused("PLUGIN_ADDRESS_REMOTE", "address", {
    message: `${address} is not on the host's machine: the connection has no TLS.`,
    remedy: "Write a manifest with the address, and let host and plugin authenticate each other with TLS.",
  });
}

/** ALREADY_EXISTS: another attached plugin has the name or the driver. */
export function alreadyAttached(what: string, plugin: string, pid: number): ConnectError {
  return typedError({
    code: Code.AlreadyExists,
    reason: "PLUGIN_ATTACHED",
    message: `${what} is that of the plugin ${plugin}, which is attached as process ${pid}.`,
    remedy: `Call DetachPlugin for the plugin ${plugin} first, or end its process.`,
    metadata: { plugin },
  });
}

/** FAILED_PRECONDITION: what is asked needs a plugin with files, and this one is only attached. */
export function attachedOnly(plugin: string, pid: number): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "PLUGIN_ATTACHED",
    message: `The plugin ${plugin} is not installed: it is attached as process ${pid}, which its author starts and ends.`,
    remedy: "Call DetachPlugin to disconnect from it.",
    metadata: { plugin },
  });
}

/** NOT_FOUND: no plugin with this name is attached. */
export function notAttached(plugin: string, attached: string[]): ConnectError {
  const list = attached.length > 0 ? ` Attached plugins: ${attached.join(", ")}.` : "";
  const message = `No plugin "${plugin}" is attached.${list}`;
  return typedError({
    code: Code.NotFound,
    reason: "PLUGIN_NOT_ATTACHED",
    message,
    fields: [{ field: "name", message, reason: "PLUGIN_NOT_ATTACHED" }],
  });
}

/** UNAVAILABLE: the host is trusted to reach the plugin, but it does not answer as a plugin. */
export function attachFailed(address: string, error: StartError): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: error.reason,
    message: `The plugin on ${address} could not be attached: ${withPeriod(error.message)}`,
    remedy: error.remedy ?? "See what the plugin prints in its terminal.",
  });
}

function refused(
  reason:
    | "PLUGIN_PROTOCOL_MISMATCH"
    | "PLUGIN_PROCESS_GONE"
    | "PLUGIN_SOCKET_MISSING"
    | "PLUGIN_UNTRUSTED"
    | "PLUGIN_ADDRESS_REMOTE",
  field: string,
  { message, remedy }: { message: string; remedy: string },
): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason,
    message,
    remedy,
    fields: [{ field, message, reason }],
  });
}
