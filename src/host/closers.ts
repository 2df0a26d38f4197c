import { settlesWithin } from "../util/settles-within.js";
import type { Log } from "./base/log.js";

/** Resources that a host has opened. They are closed in reverse order, each within a time limit. */
export class Closers {
  readonly #closers: { what: string; limitMs: number; close(): Promise<unknown> }[] = [];
  readonly #left: string[] = [];

  /** Resources that were not closed in time; then the process must exit. */
  get left(): readonly string[] {
    return this.#left;
  }

  /**
   * Remembers how a resource is closed.
   * @param what names it in the log
   */
  own<T>(what: string, limitMs: number, resource: T, close: (resource: T) => Promise<unknown>): T {
    this.#closers.unshift({ what, limitMs, close: () => close(resource) });
    return resource;
  }

  /** Closes everything. Never rejects: failures and what takes too long are logged. */
  async close(log: Log): Promise<void> {
    for (const { what, limitMs, close } of this.#closers.splice(0)) await this.end(what, limitMs, close, log);
  }

  /** Waits for the end of something, but no longer than its time. Never rejects. */
  async end(what: string, limitMs: number, work: () => Promise<unknown>, log: Log): Promise<void> {
    try {
      if (await settlesWithin(limitMs, work())) return;
      this.#left.push(what);
      log.error("Something did not end when the host stopped", { what, afterMs: limitMs });
    } catch (error) {
      log.error("Something could not be closed when the host stopped", { what, error: String(error) });
    }
  }
}
