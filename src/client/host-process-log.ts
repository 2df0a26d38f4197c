import { constants } from "node:fs";
import { mkdir, open, rename, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Size in bytes at which the log is renamed to host.log.1 and a new one is started. */
const rotateAt = 8 << 20;
/** How much of the log's end an error quotes. */
const tail = { bytes: 8192, lines: 20 };

/** The log of a host in the background. */
export interface HostLog {
  path: string;
  /** File descriptor for the host's output. */
  fd: number;
  /** The last lines that were added since the log was opened. */
  added(): Promise<string[]>;
  close(): Promise<void>;
}

/** Path of the log: slipway/host.log in `$XDG_STATE_HOME` or ~/.local/state. */
export function hostLogPath(environment: NodeJS.ProcessEnv = process.env): string {
  const state = environment.XDG_STATE_HOME || join(environment.HOME || homedir(), ".local", "state");
  return join(state, "slipway", "host.log");
}

/** Opens the log for appending. Only its user can read it (0600). */
export async function openHostLog(environment?: NodeJS.ProcessEnv): Promise<HostLog> {
  const path = hostLogPath(environment);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size >= rotateAt) await rename(path, `${path}.1`);
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
  const file = await open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
  try {
    await file.chmod(0o600);
    const { size: start } = await file.stat();
    const added = async () => {
      const { size: end } = await file.stat();
      const from = Math.max(start, end - tail.bytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - from), 0, end - from, from);
      return buffer.toString("utf8", 0, bytesRead).trimEnd().split("\n").slice(-tail.lines);
    };
    return { path, fd: file.fd, added, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
