import { dirname } from "node:path";
import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { makePrivateFolder, maxSocketPathBytes } from "./address-folder.js";
import { dialIfAlive, lockNameExtra, type SocketLock, trySocketLock } from "./host-process-lock.js";

/** The right to be the one host on a socket. */
export type InstanceLock = Pick<SocketLock, "release">;

/**
 * Makes this process the one host on a socket; to be called before anything else of the host is opened.
 * FAILED_PRECONDITION, reason HOST_ALREADY_RUNNING (metadata.pid), if another host serves there. One that is starting
 * or ending is waited for, `waitMs` at most. What a dead host left is no hindrance.
 */
export async function lockInstance(unixPath: string, { waitMs = 15_000 } = {}): Promise<InstanceLock> {
  checkLength(unixPath);
  await makePrivateFolder(dirname(unixPath));
  const deadline = Date.now() + waitMs;
  for (;;) {
    const attempt = await trySocketLock(unixPath);
    const serves = await isServed(unixPath);
    if (attempt.state === "held") {
      if (!serves) return attempt;
      await attempt.release();
      throw alreadyRunning(unixPath, "another program listens there");
    }
    const holder = attempt.pid ? `the host with process id ${attempt.pid}` : "a host that does not respond";
    try {
      if (serves) throw alreadyRunning(unixPath, `${holder} serves there`, attempt.pid);
      if (Date.now() >= deadline) {
        throw alreadyRunning(unixPath, `${holder} holds it, without serving`, attempt.pid);
      }
      // It lets go when it ends, or begins to serve.
      await attempt.released(100);
    } finally {
      attempt.forget();
    }
  }
}

async function isServed(unixPath: string): Promise<boolean> {
  const socket = await dialIfAlive(unixPath);
  socket?.destroy();
  return socket !== undefined;
}

function checkLength(unixPath: string): void {
  const limit = maxSocketPathBytes - lockNameExtra;
  const bytes = Buffer.byteLength(unixPath);
  if (bytes <= limit) return;
  throw typedError({
    code: Code.InvalidArgument,
    reason: "SOCKET_PATH_TOO_LONG",
    message: `The socket path ${unixPath} has ${bytes} bytes; the system allows ${limit} here.`,
    remedy: "Give a shorter path for the socket.",
  });
}

function alreadyRunning(unixPath: string, why: string, pid?: number): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "HOST_ALREADY_RUNNING",
    message: `No second host can serve on ${unixPath}: ${why}.`,
    remedy: "Use the host that runs, end it first, or give this one a socket of its own.",
    metadata: { socket: unixPath, ...(pid && { pid: String(pid) }) },
  });
}
