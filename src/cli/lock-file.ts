import { type SocketLock, trySocketLock } from "../host-address/host-process-lock.js";

/** Waits until no other process holds the lock of a file, and takes it. The file's folder must exist. */
export async function lockFile(path: string): Promise<SocketLock> {
  for (;;) {
    const attempt = await trySocketLock(path);
    if (attempt.state === "held") return attempt;
    await attempt.released(1_000);
    attempt.forget();
  }
}
