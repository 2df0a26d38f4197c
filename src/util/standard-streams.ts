import { settlesWithin } from "./settles-within.js";

/** The streams that were written to. Asking `process` for one that was not would load Node's streams. */
const used = new Set<NodeJS.WriteStream>();
let longestWaitMs: number | undefined;

export function stdout(): NodeJS.WriteStream {
  used.add(process.stdout);
  return process.stdout;
}

export function stderr(): NodeJS.WriteStream {
  used.add(process.stderr);
  return process.stderr;
}

/**
 * Resolves when all output is written, or cannot be because its reader has gone. Writes to a socket, which Node's
 * `spawn` and journald give a program as its output, may still wait for the reader, and `process.exit` would drop them.
 */
export async function allWritten(): Promise<void> {
  const all = Promise.all([...used].map(written));
  await (longestWaitMs === undefined ? all : settlesWithin(longestWaitMs, all));
}

/** From now on {@link allWritten} waits at most this time for a reader that stays and does not read, in milliseconds. */
export function waitAtMost(ms: number): void {
  longestWaitMs = ms;
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) return resolve();
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}
