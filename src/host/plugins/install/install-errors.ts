import { Code, type ConnectError } from "@connectrpc/connect";
import { invalidField, typedError } from "../../../errors/typed-error.js";

/** INVALID_ARGUMENT: the plugin cannot be installed; nothing was changed. */
export function installRefused(
  reason: "PLUGIN_INVALID" | "PLUGIN_SOURCE_UNREADABLE" | "PLUGIN_CHECKSUM_MISMATCH",
  field: string,
  message: string,
): ConnectError {
  const remedies = {
    PLUGIN_INVALID: "Correct the plugin's folder, or ask its author.",
    PLUGIN_SOURCE_UNREADABLE: "Give a plugin's folder, or a tar archive of it.",
    PLUGIN_CHECKSUM_MISMATCH: "Download the archive again; do not install it if the checksum still differs.",
  };
  return invalidField(field, reason, message, remedies[reason]);
}

/** INVALID_ARGUMENT: the path is relative, but clients do not know the host's working directory. */
export function pathNotAbsolute(path: string): ConnectError {
  const message = `${JSON.stringify(path)} is not an absolute path.`;
  return invalidField("path", "PATH_NOT_ABSOLUTE", message, "Give an absolute path.");
}

/** ALREADY_EXISTS: a plugin with this name is installed. */
export function alreadyInstalled(name: string, version: string): ConnectError {
  return typedError({
    code: Code.AlreadyExists,
    reason: "PLUGIN_INSTALLED",
    message: `The plugin ${name} is already installed in version ${version}.`,
    remedy: "Set replace to replace it, or remove it first.",
    fields: [{ field: "replace", message: `${name} is already installed.` }],
  });
}

/** FAILED_PRECONDITION: the plugin exists but was not installed. */
export function notInstalled(name: string, folder: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "PLUGIN_NOT_INSTALLED",
    message: `The plugin ${name} in ${folder} was copied there, not installed.`,
    remedy: `Delete the folder, or call SetPluginEnabled for the plugin ${name} to disable it.`,
    fields: [{ field: "name", message: `${name} was not installed.` }],
  });
}
