import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { maxSocketPathBytes } from "../host-address/address-folder.js";
import { lockNameExtra, type SocketLock, trySocketLock } from "../host-address/host-process-lock.js";
import { printError } from "./output/print.js";

/** After this time the user learns why the command waits, in milliseconds. */
const quietMs = 2_000;

/**
 * Waits until no other process holds the lock of a file, and takes it. The file's folder must exist. INVALID_ARGUMENT, reason
 * SOCKET_PATH_TOO_LONG, when the lock cannot have its name.
 */
export async function lockFile(path: string): Promise<SocketLock> {
  const limit = maxSocketPathBytes - lockNameExtra;
  if (Buffer.byteLength(path) > limit)
    throw typedError({
      code: Code.InvalidArgument,
      reason: "SOCKET_PATH_TOO_LONG",
      message: `The path ${path} has ${Buffer.byteLength(path)} bytes. The path of a file that commands lock can have ${limit} bytes.`,
      remedy: "Use a shorter path. For logins, set XDG_STATE_HOME to a folder with a shorter path.",
    });
  const begin = performance.now();
  for (let isSaid = false; ; ) {
    const attempt = await trySocketLock(path);
    if (attempt.state === "held") return attempt;
    if (!isSaid && performance.now() - begin >= quietMs) {
      const { pid } = attempt;
      printError(
        `Waiting for ${pid === undefined ? "another process" : `process ${pid}`}, which is changing ${path}.\n`,
      );
      isSaid = true;
    }
    await attempt.released(1_000);
    attempt.forget();
  }
}
