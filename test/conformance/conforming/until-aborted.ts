import type { Call } from "../../../src/driver/index.js";

/** Waits until a call is cancelled. */
export function untilAborted({ signal }: Call): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
