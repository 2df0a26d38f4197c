/** More crashes than this within {@link windowMs} are too many. */
const maxCrashes = 4;
const windowMs = 3 * 60_000;
const maxDelayMs = 10_000;

/** Counts the crashes of a plugin and decides when it may start again. */
export class CrashBackoff {
  #crashes: number[] = [];

  /** @param firstMs delay after the first crash, in milliseconds; each further crash doubles it */
  constructor(private readonly firstMs: number) {}

  /** How many crashes are counted. */
  get count(): number {
    return this.#crashes.length;
  }

  /** The period in which crashes are counted, in minutes. */
  readonly minutes = windowMs / 60_000;

  /**
   * Notes a crash. Returns when the plugin may start again, on the clock of `performance.now()`; undefined when it crashed
   * too often.
   */
  note(): number | undefined {
    const now = performance.now();
    this.#crashes = [...this.#crashes.filter((time) => now - time < windowMs), now];
    if (this.count > maxCrashes) return undefined;
    const delay = Math.min(this.firstMs * 2 ** (this.count - 1), maxDelayMs);
    // Jitter: plugins that crashed for the same cause must not all restart at the same time.
    return now + delay * (0.5 + Math.random() / 2);
  }

  /** Forgets all crashes. */
  reset(): void {
    this.#crashes = [];
  }
}
