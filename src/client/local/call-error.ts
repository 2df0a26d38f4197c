import { dirname } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromHttpStatus, errorFromJson } from "@connectrpc/connect/protocol-connect";
import { checkSocketFolder } from "../../host-address/address-folder.js";
import { typeConnectionError, typeMissingCall } from "../connect-errors.js";
import { Refusal } from "./refusal.js";

/**
 * The typed error of a call that failed, as `connectHost` makes it. Loaded for an error only.
 * @param method "package.Service/Method"
 * @param socket path of the host's socket
 */
export function callError(cause: unknown, method: string, socket: string): unknown {
  try {
    checkSocketFolder(dirname(socket));
    const error = cause instanceof Refusal ? errorOf(cause) : cause;
    const [typeName = "", name = ""] = method.split("/");
    const call = { service: { typeName }, method: { name } };
    return typeMissingCall(error, call) ?? typeConnectionError(error, { kind: "unix", path: socket });
  } catch (unsafe) {
    return unsafe;
  }
}

/** The error of a call that the caller ended. */
export function ended(cause: unknown): ConnectError {
  return new ConnectError("The call was canceled.", Code.Canceled, undefined, undefined, cause);
}

function errorOf({ status, error, message }: Refusal): ConnectError {
  const fallback = new ConnectError(message, codeFromHttpStatus(status));
  try {
    return errorFromJson(error as never, undefined, fallback);
  } catch {
    return fallback;
  }
}
