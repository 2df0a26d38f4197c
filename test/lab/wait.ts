import { setTimeout as sleep } from "node:timers/promises";

/** How long and how often {@link until} looks. */
export interface Patience {
  /** Milliseconds before giving up. Default 10 000. */
  within?: number;
  /** Milliseconds between two looks. Default 50. */
  every?: number;
  /** Stops the waiting, which then throws. */
  signal?: AbortSignal;
}

/** Wait until `look` returns something truthy and return that. A throw by `look` counts as "not yet" and is told at the end. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  patience: Patience = {},
): Promise<NonNullable<T>> {
  const { within = 10_000, every = 50, signal } = patience;
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
    if (Date.now() > deadline) throw new Error(`waited ${within} ms in vain for ${what}`, { cause });
    await sleep(every, undefined, { signal });
  }
}
