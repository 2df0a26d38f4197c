import { Code, type ConnectError } from "@connectrpc/connect";
import { invalidField, typedError } from "../../../errors/typed-error.js";

/** INVALID_ARGUMENT: what is to be installed cannot be; nothing was. */
export function installRefused(
  reason: "PLUGIN_INVALID" | "PLUGIN_SOURCE_UNREADABLE" | "PLUGIN_CHECKSUM_MISMATCH",
  field: string,
  message: string,
): ConnectError {
  const remedies = {
    PLUGIN_INVALID: "Ask the plugin's author, or mend its folder.",
    PLUGIN_SOURCE_UNREADABLE: "Give a folder with a manifest, or a tar archive of one.",
    PLUGIN_CHECKSUM_MISMATCH: "Fetch the archive again; do not install it if it stays like that.",
  };
  return invalidField(field, reason, message, remedies[reason]);
}

/** ALREADY_EXISTS: a plugin of that name is installed. */
export function alreadyInstalled(name: string, version: string): ConnectError {
  return typedError({
    code: Code.AlreadyExists,
    reason: "PLUGIN_INSTALLED",
    message: `the plugin ${name} is installed already, in version ${version}`,
    remedy: "Replace it (--replace), or remove it first.",
    fields: [{ field: "replace", message: `${name} is installed` }],
  });
}

/** FAILED_PRECONDITION: the plugin is there, but was not installed. */
export function notInstalled(name: string, folder: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "PLUGIN_NOT_INSTALLED",
    message: `the plugin ${name} was not installed with \`slipway plugins install\`, but lies in ${folder}`,
    remedy: `Take it out of use with \`slipway plugins disable ${name}\`, or delete that folder.`,
    fields: [{ field: "name", message: "not installed" }],
  });
}
