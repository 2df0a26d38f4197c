/** Interval between checks of the parent process, in milliseconds. */
const pollMs = 2000;

/**
 * Calls back once when the host has died: stdin ends, or the parent process changes. Stdin counts only if the host
 * has declared that it keeps it open; a host in Go passes on its own stdin, which may be closed.
 */
export function watchHost(heldStdin: boolean, onDeath: (how: string) => void): void {
  const parent = process.ppid;
  let over = false;
  const report = (how: string) => {
    if (over) return;
    over = true;
    clearInterval(poll);
    onDeath(how);
  };
  const poll = setInterval(() => {
    if (process.ppid !== parent) report(`process ${parent} is gone`);
  }, pollMs);
  poll.unref();
  if (!heldStdin) return;
  process.stdin.on("error", () => report("stdin broke"));
  process.stdin.on("end", () => report("stdin was closed"));
  process.stdin.on("close", () => report("stdin was closed"));
  process.stdin.resume();
}
