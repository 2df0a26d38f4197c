import { Code, ConnectError } from "@connectrpc/connect";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Exit code after an interrupt, as buildx has it. */
const interruptedCode = 130;

/**
 * What happens on Ctrl-C and its like: the first one aborts what prepares a build, or cancels the build once it is
 * accepted and lets it end in order; the second ends the process at once.
 */
export class Interrupts {
  readonly #abort = new AbortController();
  readonly #listener = () => this.#interrupt();
  #cancel: (() => void) | undefined;
  #count = 0;

  constructor() {
    for (const signal of signals) process.on(signal, this.#listener);
  }

  /** Aborted at the first interrupt, unless something else was to happen then. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Calls `cancel` at the first interrupt from now on, or now if there was one. */
  onInterrupt(cancel: () => void): void {
    this.#cancel = cancel;
    if (this.#count > 0) cancel();
  }

  close(): void {
    for (const signal of signals) process.off(signal, this.#listener);
  }

  #interrupt(): void {
    this.#count++;
    if (this.#count > 1) process.exit(interruptedCode);
    if (this.#cancel) this.#cancel();
    else this.#abort.abort(new ConnectError("Canceled: context canceled", Code.Canceled));
  }
}
