import { setTimeout as sleep } from "node:timers/promises";

/** Timeout and interval of {@link until}. */
export interface Patience {
  /** Timeout in milliseconds. Default 60 000: programs start slowly on a machine with work. */
  within?: number;
  /** Milliseconds between two calls. Default 50. */
  every?: number;
  /** Aborts the wait, which then throws. */
  signal?: AbortSignal;
}

/**
 * Wait until `look` returns a truthy value and return it. An error of `look` counts as "not yet"; on timeout the last
 * error is the cause.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  patience: Patience = {},
): Promise<NonNullable<T>> {
  const { within = 60_000, every = 50, signal } = patience;
  const deadline = Date.now() + within;
  let cause: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen) return seen;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`timed out after ${within} ms waiting for ${what}`, { cause });
    await sleep(every, undefined, { signal });
  }
}
