const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Exit code after an interrupt, as in buildx. */
const interruptedCode = 130;

/**
 * Handles Ctrl-C and other signals. The first signal aborts the preparation of a build, or cancels the build if it was
 * accepted, and waits for its end. The second signal ends the process immediately.
 */
export class Interrupts {
  readonly #abort = new AbortController();
  readonly #listener = () => this.interrupt();
  #cancel: (() => void) | undefined;
  #count = 0;

  constructor() {
    for (const signal of signals) process.on(signal, this.#listener);
  }

  /** Aborted at the first interrupt, unless {@link onInterrupt} was called before. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Calls `cancel` at the next interrupt, or immediately if there was one. */
  onInterrupt(cancel: () => void): void {
    this.#cancel = cancel;
    if (this.#count > 0) cancel();
  }

  close(): void {
    for (const signal of signals) process.off(signal, this.#listener);
  }

  /** As a signal does. */
  interrupt(): void {
    this.#count++;
    if (this.#count > 1) process.exit(interruptedCode);
    if (this.#cancel) this.#cancel();
    else void this.#cancelPreparation();
  }

  async #cancelPreparation(): Promise<void> {
    const { Code, ConnectError } = await import("../../errors/connect-error.js");
    this.#abort.abort(new ConnectError("Canceled: context canceled", Code.Canceled));
  }
}
