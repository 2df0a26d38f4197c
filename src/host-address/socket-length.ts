import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { maxSocketPathBytes } from "./address-folder.js";
import { lockNameExtra } from "./host-process-lock.js";

/**
 * Checks that the sockets that lock a path can have their names. INVALID_ARGUMENT, reason SOCKET_PATH_TOO_LONG, otherwise.
 * @param suffix what is added to the path before it is locked
 */
export function checkSocketPathLength(path: string, suffix = ""): void {
  const limit = maxSocketPathBytes - lockNameExtra - suffix.length;
  const bytes = Buffer.byteLength(path);
  if (bytes <= limit) return;
  throw typedError({
    code: Code.InvalidArgument,
    reason: "SOCKET_PATH_TOO_LONG",
    message: `The socket path ${path} has ${bytes} bytes; the limit is ${limit}.`,
    remedy: "Use a shorter path for the socket: set SLIPWAY_HOST, or XDG_RUNTIME_DIR to a shorter folder.",
  });
}
