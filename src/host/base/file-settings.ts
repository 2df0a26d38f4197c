import { stat } from "node:fs/promises";
import type { Log } from "./log.js";

/** Options of {@link FileSettings}. */
export interface FileSettingsOptions<T> {
  /** What the files are, for the log: "access file", "TLS files". */
  title: string;
  files: readonly string[];
  /** Reads and checks the files; rejects when they cannot be used. */
  read(): Promise<T>;
  log: Log;
  /** How often the files are checked, in milliseconds; default: 1 s. */
  pollMs?: number;
  /** How long files may be unusable after a change before that is an error, in milliseconds; default: 5 s. */
  settleMs?: number;
}

/**
 * What a host reads from files. They are read again when one of them changes, is replaced, or becomes the target of
 * another link. Files that cannot be used change nothing. That is logged, once, if it lasts: files that belong together
 * change one after the other, and a file may be read while it is written.
 */
export class FileSettings<T> {
  #value: T;
  /** What identified the files before they were read last. */
  #state: string;
  #onChange: (value: T) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** When they became unusable, on the clock of `performance.now()`; undefined when they are not, or it is logged. */
  #unusableSince: number | undefined;
  #logged: string | undefined;
  readonly #options: Required<FileSettingsOptions<T>>;

  private constructor(options: Required<FileSettingsOptions<T>>, state: string, value: T) {
    this.#options = options;
    this.#state = state;
    this.#value = value;
    this.#schedulePoll();
  }

  /** Reads the files; rejects as `read` does. The owner closes it. */
  static async open<T>(options: FileSettingsOptions<T>): Promise<FileSettings<T>> {
    const state = await stateOf(options.files);
    return new FileSettings({ pollMs: 1_000, settleMs: 5_000, ...options }, state, await options.read());
  }

  /** What was read last. */
  get value(): T {
    return this.#value;
  }

  /** Calls back with each new value. If that throws, the former one stays. */
  onChange(callback: (value: T) => void): void {
    this.#onChange = callback;
  }

  /** Stops watching the files. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedulePoll(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#poll().then(() => this.#schedulePoll()), this.#options.pollMs);
    this.#timer.unref();
  }

  async #poll(): Promise<void> {
    const state = await stateOf(this.#options.files);
    if (state !== this.#state) this.#unusableSince = performance.now();
    else if (this.#unusableSince === undefined) return;
    this.#state = state;
    await this.#read();
  }

  async #read(): Promise<void> {
    const { title, read, log, settleMs } = this.#options;
    const files = this.#options.files.join(", ");
    try {
      const value = await read();
      if (this.#closed) return;
      this.#change(value);
      this.#unusableSince = undefined;
      this.#logged = undefined;
      log.info(`Read the ${title} again`, { files });
    } catch (cause) {
      if (this.#closed) return;
      const error = String(cause);
      if (performance.now() - this.#unusableSince! < settleMs) {
        log.debug(`The ${title} cannot be used yet`, { files, error });
        return;
      }
      this.#unusableSince = undefined;
      if (error !== this.#logged)
        log.error(`The ${title} cannot be used; the former content still applies`, { files, error });
      this.#logged = error;
    }
  }

  #change(value: T): void {
    const before = this.#value;
    this.#value = value;
    try {
      this.#onChange(value);
    } catch (cause) {
      this.#value = before;
      throw cause;
    }
  }
}

/** Changes with the files that the paths lead to. */
async function stateOf(files: readonly string[]): Promise<string> {
  const states = files.map((file) =>
    stat(file, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(),
      (error: NodeJS.ErrnoException) => error.code,
    ),
  );
  return (await Promise.all(states)).join(" ");
}
