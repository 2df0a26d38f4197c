import type { ChildProcess } from "node:child_process";

const children = new Set<ChildProcess>();
let isWatching = false;

/** Kills a child with SIGKILL when this process exits before it, however that happens, except by a signal. */
export function killOnExit(child: ChildProcess): void {
  children.add(child);
  child.once("exit", () => children.delete(child));
  if (isWatching) return;
  isWatching = true;
  process.on("exit", () => {
    for (const left of children) left.kill("SIGKILL");
  });
}
