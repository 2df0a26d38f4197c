import { dirname } from "node:path";
import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { makePrivateFolder } from "./address-folder.js";
import { dialIfAlive, type SocketLock, trySocketLock } from "./host-process-lock.js";
import { checkSocketPathLength } from "./socket-length.js";

/** The lock that makes this process the only host on a socket. */
export type InstanceLock = Pick<SocketLock, "release">;

/**
 * Makes this process the only host on a socket. Call it before anything else of the host is opened. If another host
 * serves there: FAILED_PRECONDITION, reason HOST_ALREADY_RUNNING (metadata.pid). A host that is starting or stopping is
 * waited for, for at most `waitMs`. Files of a dead host do not matter.
 */
export async function lockInstance(unixPath: string, { waitMs = 15_000 } = {}): Promise<InstanceLock> {
  checkSocketPathLength(unixPath);
  await makePrivateFolder(dirname(unixPath));
  const deadline = performance.now() + waitMs;
  for (;;) {
    const attempt = await trySocketLock(unixPath);
    const serves = await isServed(unixPath);
    if (attempt.state === "held") {
      if (!serves) return attempt;
      await attempt.release();
      throw alreadyRunning(unixPath, "another program listens on it");
    }
    const holder = attempt.pid ? `the host with process id ${attempt.pid}` : "a host that does not respond";
    try {
      if (serves) throw alreadyRunning(unixPath, `${holder} serves on it`, attempt.pid);
      if (performance.now() >= deadline) {
        throw alreadyRunning(unixPath, `${holder} holds the lock without serving`, attempt.pid);
      }
      // The holder releases the lock when it ends; otherwise it starts to serve.
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

function alreadyRunning(unixPath: string, why: string, pid?: number): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "HOST_ALREADY_RUNNING",
    message: `The host cannot serve on ${unixPath}: ${why}.`,
    remedy: "Use the running host, stop it first, or use another socket.",
    metadata: { socket: unixPath, ...(pid && { pid: String(pid) }) },
  });
}
